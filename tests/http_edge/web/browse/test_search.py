"""Searches: which queries are understood, and what a page looks like."""

import time
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from http_edge.web.browse.search import RestaurantSearch, point, wanted
from http_edge.wire.problems import Problem
from http_edge.wire.query import parse
from tests.http_edge.conftest import World
from tests.stores.books import Books, meal, restaurant
from topics import keys, search_index
from topics.search_index import Point, Wanted
from topics.values.faults import Invalid
from topics.values.opening_hours import DAYS
from topics.values.validation import Validator

AT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
ASKS = Validator(RestaurantSearch, texts=True)


def asked(query: str) -> Wanted:
    said = ASKS.validated(parse(query))
    return wanted(said, ["Europe/Istanbul"], AT, point(said))


def faults(query: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        ASKS.validated(parse(query))
    return {fault.field: fault.why for fault in refused.value.faults}


OPEN_THEN = search_index.open_at(["Europe/Istanbul"], AT)


def test_nothing_asked_is_all_of_them_those_that_are_open_and_then_the_best_first():
    assert asked("") == Wanted(order="rating", descending=True, offset=0, count=20, first=OPEN_THEN)
    assert asked("open_first=false") == Wanted(order="rating", descending=True, offset=0, count=20)
    assert asked("query=&city=&district=&cuisines=&open_now=false") == asked("")


def test_each_filter_becomes_what_the_index_knows():
    assert asked("city=IZMIR").any_of == (("city:izmir",),)
    assert asked("district=Kad%C4%B1k%C3%B6y").any_of == (("district:kadikoy",),)
    assert asked("cuisines=Kebap,%20%C3%87orba").any_of == (("cuisine:kebap", "cuisine:corba"),)
    assert (asked("open_now=true").any_of, asked("open_now=true").first) == ((OPEN_THEN,), ())
    assert asked("min_rating=4.5").bounds == (search_index.RATING.at_least(4.5),)
    limits = asked("max_delivery=29.9&min_order=100&max_prep_time=30").bounds
    assert [(each.column.name, each.limit) for each in limits] == [
        ("delivery_fee", 2990), ("min_order", 10_000), ("prep_time", 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("I%C5%9EIK", ("isik",)), ("kebap%20kebapci%20ke", ("kebapci",)), ("/:%22*", ()), ("a/b", ("a", "b")),
        ("%22ev%22:yemek*", ("ev", "yemek")),
    ],
)  # fmt: skip
def test_a_query_looks_for_words_that_begin_with_its_own(query: str, words: tuple[str, ...]):
    assert asked(f"query={query}").beginnings == tuple(f"word:{word}" for word in words)


def test_orders_have_a_direction_of_their_own():
    assert asked("sort_by=rating").descending
    assert not asked("sort_by=delivery_fee").descending
    assert not asked("sort_by=rating&sort_order=asc").descending
    assert asked("sort_by=prep_time&sort_order=desc").descending
    near = asked("sort_by=distance&lat=41&lon=29")
    assert (near.order, near.near, near.descending) == ("distance", Point(41, 29), False)


def test_a_page_begins_after_the_entries_of_those_before():
    assert (asked("page=3&page_size=7").offset, asked("page=3&page_size=7").count) == (14, 7)


def test_all_that_is_wrong_is_said_at_once():
    found = faults("page=0&page_size=10000&min_rating=six&sort_by=name&sort_order=up&open_now=perhaps&lat=91&lon=x")
    names = {"page", "page_size", "min_rating", "sort_by", "sort_order", "open_now", "lat", "lon"}
    assert found.keys() == names
    assert found["page_size"] == "at most 100"
    assert found["sort_by"] == "must be one of delivery_fee, distance, min_order, prep_time, rating"
    assert faults("page_size=0") == {"page_size": "at least 1"}


@pytest.mark.parametrize(
    ("query", "named"),
    [("lat=41", {"lon"}), ("lon=29", {"lat"}), ("sort_by=distance", {"lat", "lon"}), ("sort_by=distance&lat=41", {"lon"})],
)  # fmt: skip
def test_half_a_point_and_a_distance_from_nowhere_are_refused(query: str, named: set[str]):
    with pytest.raises(Problem) as refused:
        asked(query)
    assert refused.value.status == 422
    assert {each.field for each in refused.value.errors} == named


@pytest_asyncio.fixture(loop_scope="session")
async def books(edge: World) -> AsyncGenerator[Books]:
    """In the Redis of the edge."""
    made = Books(edge.redis)
    await made.empty()
    await edge.ready()
    yield made


async def found(edge: World, query: str = "", user: str | None = None) -> Any:
    said = await edge.client(user).call("GET", f"/restaurants/search{query}")
    assert said.status == 200, said.raw
    return said.json


async def test_a_page_has_documents_with_what_the_time_and_the_place_add(edge: World, books: Books):
    await books.write(
        restaurant("here", latitude=41.0, longitude=29.0),
        restaurant("shut", status="closed"),
        meal("m", "here", "Işık"),
    )
    page = await found(edge, "?lat=41&lon=29.01&sort_by=distance")
    assert {name: page[name] for name in ("total", "page", "page_size", "has_next")} == {
        "total": 2, "page": 1, "page_size": 20, "has_next": False,
    }  # fmt: skip
    here, shut = page["restaurants"]
    assert (here["id"], here["open_now"], here["distance_km"]) == ("here", True, 0.839)
    assert (shut["id"], shut["open_now"], shut["distance_km"]) == ("shut", False, None)
    (alone,) = (await found(edge, "?query=isik"))["restaurants"]
    assert alone == (await edge.client().call("GET", "/restaurants/here")).json


async def test_pages_follow_each_other_and_end_empty(edge: World, books: Books):
    await books.write(*(restaurant(f"r{number}") for number in range(5)))
    pages = [await found(edge, f"?page={number}&page_size=2") for number in (1, 2, 3, 4)]
    ids = [[each["id"] for each in page["restaurants"]] for page in pages]
    assert ids == [["r4", "r3"], ["r2", "r1"], ["r0"], []]
    assert [(page["total"], page["has_next"]) for page in pages] == [(5, True), (5, True), (5, False), (5, False)]


async def test_those_that_are_open_come_first_in_any_order_and_over_all_pages(edge: World, books: Books):
    await books.write(
        *(
            restaurant(f"r{number}", status="closed" if number % 2 else "open", delivery_fee=number)
            for number in range(5)
        )
    )
    for order, ids in (("asc", ["r0", "r2", "r4", "r1", "r3"]), ("desc", ["r4", "r2", "r0", "r3", "r1"])):
        asks = f"?sort_by=delivery_fee&sort_order={order}&page_size=2&page="
        pages = [await found(edge, f"{asks}{page}") for page in (1, 2, 3)]
        assert [each["id"] for page in pages for each in page["restaurants"]] == ids
    plain = await found(edge, "?sort_by=delivery_fee&open_first=false")
    assert [each["id"] for each in plain["restaurants"]] == ["r0", "r1", "r2", "r3", "r4"]


async def test_nothing_found_is_an_empty_list(edge: World, books: Books):
    assert await found(edge) == {"restaurants": [], "total": 0, "page": 1, "page_size": 20, "has_next": False}


@pytest.mark.parametrize("query", ["%2F", "%3A", "%22", "*", "%22%2F*%3A%27%5C", "%F0%9F%8D%95", "%5B", "%28", "-1"])
async def test_a_query_of_any_letters_is_answered(edge: World, books: Books, query: str):
    await books.write(restaurant("a"))
    assert (await found(edge, f"?query={query}"))["total"] == (0 if query == "-1" else 1)


async def test_open_now_is_asked_in_each_restaurants_zone(edge: World, books: Books):
    today = datetime.fromtimestamp(time.time(), UTC).weekday()
    hours = {DAYS[(today + days) % 7]: "00:00-24:00" for days in range(2)}  # should midnight come
    await books.write(
        restaurant("always"), restaurant("shut", status="closed"),
        restaurant("today", opening_hours=hours, time_zone="UTC"),
        restaurant("other", opening_hours={DAYS[(today + 3) % 7]: "10:00-10:01"}, time_zone="UTC"),
    )  # fmt: skip
    assert {each["id"] for each in (await found(edge, "?open_now=true"))["restaurants"]} == {"always", "today"}


@pytest.mark.parametrize("view", ["restaurant", "meal"])
async def test_a_search_needs_both_of_its_views(edge: World, books: Books, view: str):
    await edge.redis.delete(f"views:ready:{view}")
    said = await edge.client().call("GET", "/restaurants/search")
    assert (said.status, said.problem["code"], said.headers["Retry-After"]) == (503, "view_not_ready", "2")


async def test_all_faults_of_a_query_are_named(edge: World, books: Books):
    said = await edge.client().call("GET", "/restaurants/search?page_size=0&page=x&max_delivery=-1")
    assert said.status == 422
    assert {each["field"] for each in said.problem["errors"]} == {"page_size", "page", "max_delivery"}


async def test_what_a_form_leaves_empty_is_not_asked_for(edge: World, books: Books):
    await books.write(restaurant("a"))
    empty = "&".join(f"{name}=" for name in RestaurantSearch.__struct_fields__)
    page = await found(edge, f"?{empty}")
    assert (page["total"], page["page_size"]) == (1, 20)


async def test_a_read_of_no_keys_is_no_error_to_those_that_go_with_it(edge: World, books: Books):
    """An MGET without keys is one."""
    assert await edge.edge.reads.get([]) == []


async def test_a_bad_token_changes_nothing(edge: World, books: Books):
    said = await edge.client(str(uuid.uuid4()), seconds=-5).call("GET", "/restaurants/search")
    assert said.status == 200


async def test_complementary_meals_come_in_order_without_those_that_are_gone(edge: World, books: Books):
    dish = msgspec.structs.replace(meal("m", "r", "Kebap"), complementary_ids=("b", "gone", "never", "a"))
    await books.write(dish, *(meal(each, "r", each) for each in ("a", "b", "gone")))
    await books.remove("gone")
    said = await edge.client().call("GET", "/meals/m/complementary")
    assert [each["id"] for each in said.json] == ["b", "a"]
    assert (await edge.client().call("GET", "/meals/a/complementary")).json == []
    for missing in ("gone", "never"):
        assert (await edge.client().call("GET", f"/meals/{missing}/complementary")).status == 404


async def test_the_last_write_of_the_caller_is_waited_for(edge: World, books: Books):
    me = str(uuid.uuid4())
    await books.write(restaurant("a"))
    await edge.redis.set(keys.wrote(me, "restaurant"), "a@1;")
    assert (await found(edge, user=me))["total"] == 1

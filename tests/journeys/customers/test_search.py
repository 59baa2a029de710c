"""Search over the demo data, as the known web client asks for it."""

import itertools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import redis.asyncio

from infra.demo.menus import MENUS
from tests.deadline import until
from tests.journeys.client import Client

BEYOGLU = {"lat": 41.0351, "lon": 28.9805}
COLUMNS = {
    "rating": "rating_avg", "delivery_fee": "delivery_fee", "prep_time": "prep_time", "min_order": "min_order_price",
    "distance": "distance_km",
}  # fmt: skip
FILTERS: dict[str, tuple[dict[str, Any], Any]] = {
    "city": ({"city": "İstanbul"}, lambda each: each["address"]["city"] == "İstanbul"),
    "district": ({"district": "kadikoy"}, lambda each: each["address"]["district"] == "Kadıköy"),
    "max_delivery": ({"max_delivery": 20}, lambda each: each["delivery_fee"] <= 20),
    "min_order": ({"min_order": 100}, lambda each: each["min_order_price"] <= 100),
    "max_prep_time": ({"max_prep_time": 20}, lambda each: each["prep_time"] <= 20),
    "cuisines": ({"cuisines": "Pizza,KEBAP"}, lambda each: {"pizza", "kebap"} & set(each["cuisines"])),
    "open_now": ({"open_now": "true"}, lambda each: each["open_now"]),
}


async def pages(client: Client, **asked: Any) -> list[dict[str, Any]]:
    """All restaurants of a search, read page by page while their number stays the same: the end of a pause opens one."""

    async def of_one_number() -> list[list[dict[str, Any]]]:
        read, totals = await _pages(client, asked)
        return [read] if len(totals) == 1 else []

    return (await until("pages of one number of restaurants", of_one_number))[0]


async def _pages(client: Client, asked: Mapping[str, Any]) -> tuple[list[dict[str, Any]], set[int]]:
    """What the pages list, and the totals that they tell."""
    size, found, totals = asked.get("page_size", 100), list[dict[str, Any]](), set[int]()
    for number in itertools.count(1):
        page = await search(client, **{**asked, "page_size": size, "page": number})
        assert (page["page"], page["page_size"]) == (number, size)
        assert len(page["restaurants"]) == max(0, min(size, page["total"] - (number - 1) * size))
        found += page["restaurants"]
        totals.add(page["total"])
        if not page["has_next"]:
            assert len(totals) > 1 or len(found) == page["total"]
            return found, totals
    raise AssertionError


async def search(client: Client, **asked: Any) -> Any:
    return await client.must("GET", f"/restaurants/search?{urlencode(asked)}")


async def names(client: Client, **asked: Any) -> set[str]:
    return {each["name"] for each in await ours(client, **asked)}


DEMO = {menu.restaurant_id for menu in MENUS}


async def everything(client: Client) -> dict[str, dict[str, Any]]:
    """Of the demo data."""
    listed = await client.must("GET", "/restaurants")
    return {each["id"]: each for each in listed if each["id"] in DEMO}


async def ours(client: Client, **asked: Any) -> list[dict[str, Any]]:
    """Of the demo data: other journeys open restaurants, too."""
    return [each for each in await pages(client, **asked) if each["id"] in DEMO]


async def found_by(
    client: Client, searches: Mapping[Any, Mapping[str, Any]]
) -> tuple[dict[str, dict[str, Any]], dict[Any, set[str]]]:
    """Everything, and the ids that each of the searches finds while nobody opens or closes: that the clock does."""
    everyone: dict[str, dict[str, Any]] = {}
    found: dict[Any, set[str]] = {}

    async def of_one_moment() -> bool:
        everyone.update(await everything(client))
        for name, asked in searches.items():
            found[name] = {each["id"] for each in await ours(client, **asked)}
        return await everything(client) == everyone

    await until("a moment in which nobody opens or closes", of_one_moment)
    return everyone, found


async def test_each_filter_alone_finds_what_it_says(client: Client):
    everyone, by_name = await found_by(client, {name: asked for name, (asked, _) in FILTERS.items()})
    assert len(everyone) == 24
    for name, (_, allows) in FILTERS.items():
        found = by_name[name]
        expected = {id for id, each in everyone.items() if allows(each)}
        assert found == expected, name
        assert 0 < len(expected) < 24, f"{name} would show nothing"
    ratings = sorted({each["rating_avg"] for each in everyone.values()})
    between = round(sum(ratings[len(ratings) // 2 - 1 :][:2]) / 2, 3)
    rated = {each["id"] for each in await ours(client, min_rating=between)}
    assert rated == {id for id, each in everyone.items() if each["rating_avg"] >= between} and 0 < len(rated) < 24
    assert {each["id"] for each in await ours(client, min_rating=0)} == everyone.keys()


async def test_filters_together_narrow_what_each_leaves(client: Client):
    all_chosen = [*itertools.combinations(FILTERS, 2), *itertools.combinations(FILTERS, 4), tuple(FILTERS)]
    asked = {
        chosen: {name: value for each in chosen for name, value in FILTERS[each][0].items()} for chosen in all_chosen
    }
    everyone, by_chosen = await found_by(client, asked)
    for chosen, found in by_chosen.items():
        expected = {id for id, each in everyone.items() if all(FILTERS[name][1](each) for name in chosen)}
        assert found == expected, chosen


@pytest.mark.parametrize("order", COLUMNS)
@pytest.mark.parametrize("direction", [None, "asc", "desc"])
async def test_each_order_sorts_and_its_pages_have_no_gap_and_no_repeat(
    client: Client, order: str, direction: str | None
):
    asked = {"sort_by": order, "open_first": "false", **BEYOGLU} | (
        {} if direction is None else {"sort_order": direction}
    )

    async def of_one_moment() -> list[list[dict[str, Any]]]:
        """Whole and in pages, while nobody's place changes, as at the end of a busy time that another journey has begun."""
        read = [await pages(client, **asked, page_size=size) for size in (100, 1, 5, 7)]
        return read if await pages(client, **asked) == read[0] else []

    listed, *in_pages = await until("a moment in which nobody's place changes", of_one_moment)
    whole = [each["id"] for each in listed]
    assert len(set(whole)) == len(whole)
    for page_by_page in in_pages:
        assert [each["id"] for each in page_by_page] == whole
    values = [each[COLUMNS[order]] for each in listed]
    placed = [value for value in values if value is not None]
    assert values[: len(placed)] == placed, "who has no place comes last"
    descending = direction == "desc" or (direction is None and order == "rating")
    assert placed == sorted(placed, reverse=descending)


async def test_those_that_are_open_come_first_unless_somebody_wants_it_otherwise(client: Client):
    async def of_one_moment() -> list[list[dict[str, Any]]]:
        everyone = await everything(client)
        read = [await ours(client, sort_by="distance", **BEYOGLU, **more) for more in ({}, {"open_first": "false"})]
        return read if await everything(client) == everyone else []

    whole, plain = await until("a moment in which nobody opens or closes", of_one_moment)
    assert [each["id"] for each in whole] == [
        each["id"] for each in sorted(plain, key=lambda each: not each["open_now"])
    ]


async def test_an_order_and_filters_go_together(client: Client):
    found = await ours(client, city="istanbul", cuisines="türk", sort_by="distance", open_first="false", **BEYOGLU)
    assert [(each["name"], round(each["distance_km"])) for each in found] == [
        ("Kebapçı Mahmut", 0), ("Gece Kuşu Çorba Evi", 2), ("Köftecinin Yeri", 3), ("Bizim Ocak Dönercisi", 6),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"query": "istanbul"}, {"İstanbul Lokantası"}),
        ({"query": "izmir"}, {"İzmir Kumrucusu", "Nine Sofrası", "Ağabey Tatlıcısı"}),
        ({"query": "IŞIK"}, {"ışık kahve"}),
        ({"query": "isik kah"}, {"ışık kahve"}),
        ({"query": "lahmac", "city": "ISTANBUL"}, {"Karadeniz Pide Salonu"}),
        ({"query": "doner", "city": "ankara"}, {"Dede Aspava"}),
        ({"query": "boyoz izmir"}, set()),
        ({"query": "pide şalgam"}, {"Karadeniz Pide Salonu"}),
        ({"query": "ahmacun"}, set()),
    ],
)  # fmt: skip
async def test_words_are_found_as_a_turk_expects(client: Client, asked: dict[str, str], expected: set[str]):
    assert await names(client, **asked) == expected


@pytest.mark.parametrize("query", ["/", ":", '"', "*", "/:\"*'\\[](){}^$|", "🍕", "  ", "-"])
async def test_signs_are_no_error_and_no_condition(client: Client, query: str):
    assert {each["id"] for each in await ours(client, query=query)} == (await everything(client)).keys()


async def test_a_word_leaves_with_the_meal_that_had_it(client: Client, owner: Client):
    await owner.sign_up()
    restaurant = await owner.must("POST", "/restaurants", {"name": "Lokanta Zümrüdüanka"})
    meal = await owner.must(
        "POST", "/meals/", {"restaurant_id": restaurant["id"], "name": "Zerdeçallı Pilav", "price": 90}
    )

    async def found(query: str) -> bool:
        return [each["id"] for each in (await search(client, query=query))["restaurants"]] == [restaurant["id"]]

    async def lost() -> bool:
        return not await found("zerdecal")

    await until(
        "the meal's word to be found",
        lambda: found("zerdecal zumrud"),
    )
    await owner.must("PATCH", f"/meals/{meal['id']}/availability", {"isAvailable": False})
    await until("a meal that is sold out to be found no more", lost)
    await owner.must("PATCH", f"/meals/{meal['id']}/availability", {"isAvailable": True})
    await until("a meal that is back to be found", lambda: found("zerdecal"))
    await owner.must("DELETE", f"/meals/{meal['id']}")
    await until("a meal that is gone to be found no more", lost)
    assert await found("zumrudu")


async def test_the_owner_sees_the_own_restaurant_at_once(owner: Client):
    await owner.sign_up()
    restaurant = await owner.must("POST", "/restaurants", {"name": "Hemen Gözüken", "prep_time": 1234})
    page = await search(owner, query="gozuken hemen")
    assert [each["id"] for each in page["restaurants"]] == [restaurant["id"]]


async def test_bad_queries_name_each_field(client: Client):
    status, problem = await client.call(
        "GET", "/restaurants/search?page=0&page_size=10000&sort_by=distance&min_order=much"
    )
    assert status == 422
    assert {each["field"] for each in problem["errors"]} == {"page", "page_size", "min_order"}
    status, problem = await client.call("GET", "/restaurants/search?page_size=0")
    assert (status, problem["detail"]) == (422, "page_size: at least 1")
    status, problem = await client.call("GET", "/restaurants/search?sort_by=distance&lat=41")
    assert (status, [each["field"] for each in problem["errors"]]) == (422, ["lon"])
    page = await search(client, page=9999)
    assert page["restaurants"] == [] and page["total"] >= 24 and page["has_next"] is False


async def test_what_goes_well_with_a_meal(client: Client):
    (mahmut,) = (await search(client, query="mahmut", city="istanbul"))["restaurants"]
    menu = {each["name"]: each["id"] for each in await client.must("GET", f"/meals/restaurant/{mahmut['id']}")}
    beside = await client.must("GET", f"/meals/{menu['Adana Kebap']}/complementary")
    assert [each["name"] for each in beside] == ["Yayık Ayranı", "Gavurdağı Salatası", "Künefe"]
    assert await client.must("GET", f"/meals/{menu['Künefe']}/complementary") == []
    assert (await client.call("GET", "/meals/never-there/complementary"))[0] == 404


async def test_the_first_restaurants_of_all_are_open_at_any_hour(client: Client):
    listed = await client.must("GET", "/restaurants")
    assert [each["name"] for each in listed[:2]] == ["Gece Kuşu Çorba Evi", "Çorbacı 7/24"]
    assert all(each["open_now"] for each in listed[:2])


async def test_the_index_is_built_again_after_flushall(client: Client):
    """Rows are given anew, in another order: nothing that a client sees depends on them."""
    asked: dict[str, Any] = {"query": "k", "sort_by": "distance", "max_delivery": 30, "open_now": "true", **BEYOGLU}

    async def there_again() -> bool:
        status, answer = await client.call("GET", "/restaurants/search")
        assert status == 200 or answer["code"] == "view_not_ready", f"expected the view or 503, got {answer}"
        return status == 200 and (await client.call("GET", "/health/ready"))[0] == 200

    async def the_same() -> bool:
        # of all journeys: the search finds theirs, too
        everyone, before = await client.must("GET", "/restaurants"), await pages(client, **asked, page_size=4)
        async with redis.asyncio.from_url(client.endpoints["redis"]) as store:
            await store.flushall()
        await until("all views to be built again", there_again)
        after = await pages(client, **asked, page_size=4)
        if await client.must("GET", "/restaurants") != everyone:
            return False  # somebody has opened or closed meanwhile, as the clock does
        assert after == before
        return True

    await until("an index that is built again while nobody opens or closes", the_same)

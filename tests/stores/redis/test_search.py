"""The search script on a real Redis finds what a plain filter and sort over all documents finds."""

import math
import random
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from infra.stack.stack import Stack
from stores.redis.connection import connect
from tests.deadline import until
from tests.stores.books import MONDAY, Books, meal, restaurant
from topics import search_index
from topics.documents.browse import Meal, Restaurant
from topics.search_index import Bound, Point, Unless, Wanted
from topics.values.fields import DayOff
from topics.values.folding import fold, words
from topics.values.opening_hours import is_open

EARTH = 6371.0088


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def books(servers: Stack) -> AsyncGenerator[Books]:
    redis = connect(servers.endpoints.redis.rpartition("/")[0] + "/8")
    yield Books(redis)
    await redis.aclose()


class Filters(NamedTuple):
    """A search in the words of the API."""

    query: str = ""
    city: str | None = None
    district: str | None = None
    cuisines: tuple[str, ...] = ()
    min_rating: float | None = None
    max_delivery: float | None = None
    min_order: float | None = None
    max_prep_time: int | None = None
    open_at: datetime | None = None

    def wanted(self, zones: list[str], **page: Any) -> Wanted:
        any_of: list[tuple[str | Unless, ...]] = []
        if self.city is not None:
            any_of.append((search_index.city(self.city),))
        if self.district is not None:
            any_of.append((search_index.district(self.district),))
        if self.cuisines:
            any_of.append(tuple(map(search_index.cuisine, self.cuisines)))
        if self.open_at is not None:
            any_of.append(search_index.open_at(zones, self.open_at))
        bounds: list[Bound] = []
        if self.min_rating is not None:
            bounds.append(search_index.RATING.at_least(self.min_rating))
        for column, most in (
            (search_index.DELIVERY_FEE, self.max_delivery),
            (search_index.MIN_ORDER, self.min_order),
            (search_index.PREP_TIME, self.max_prep_time),
        ):
            if most is not None:
                bounds.append(column.at_most(most))
        return Wanted(
            any_of=tuple(any_of), bounds=tuple(bounds), beginnings=search_index.beginnings(self.query), **page
        )

    def allow(self, each: Restaurant, meals: list[Meal]) -> bool:
        """The plain way."""
        texts = [each.name, *each.cuisines, *(one.name for one in meals if one.is_available)]
        menu = [word for text in texts for word in words(text)]
        return (
            all(any(known.startswith(word) for known in menu) for word in words(self.query))
            and (self.city is None or fold(each.address.city) == fold(self.city))
            and (self.district is None or fold(each.address.district) == fold(self.district))
            and (not self.cuisines or bool({*map(fold, self.cuisines)} & {*map(fold, each.cuisines)}))
            and (self.min_rating is None or each.rating_avg >= self.min_rating)
            and (self.max_delivery is None or each.delivery_fee <= self.max_delivery)
            and (self.min_order is None or each.min_order_price <= self.min_order)
            and (self.max_prep_time is None or each.prep_time <= self.max_prep_time)
            and (self.open_at is None or _is_open(each, self.open_at))
        )


def _is_open(each: Restaurant, at: datetime) -> bool:
    off = [day_off.day for day_off in each.days_off]
    return each.status == "open" and is_open(each.opening_hours, each.time_zone, at, off)


def _kilometres(each: Restaurant, near: Point) -> float:
    lat, lon = each.address.latitude, each.address.longitude
    assert lat is not None and lon is not None
    up, along = math.radians(lat - near.latitude), math.radians(lon - near.longitude)
    square = math.sin(up / 2) ** 2 + math.cos(math.radians(near.latitude)) * math.cos(math.radians(lat)) * (
        math.sin(along / 2) ** 2
    )
    return 2 * EARTH * math.asin(min(1, math.sqrt(square)))


COLUMNS = {
    "rating": "rating_avg", "delivery_fee": "delivery_fee", "min_order": "min_order_price", "prep_time": "prep_time",
}  # fmt: skip


def in_order(found: list[Restaurant], order: str, near: Point | None, *, descending: bool) -> list[str]:
    if order in COLUMNS:
        ranked = sorted(found, key=lambda each: (getattr(each, COLUMNS[order]), each.id), reverse=descending)
        return [each.id for each in ranked]
    assert near is not None
    placed = [each for each in found if each.address.latitude is not None and each.address.longitude is not None]
    nowhere = sorted((each.id for each in found if each not in placed), reverse=descending)
    ranked = sorted(placed, key=lambda each: (round(_kilometres(each, near), 6), each.id), reverse=descending)
    return [*(each.id for each in ranked), *nowhere]


_NAMES = st.sampled_from(
    [
        "Kebapçı Işık",
        "IŞIK Pide",
        "Nine'nin Köftesi",
        "Ev Yemekleri",
        "İzmir Kumru",
        "ışıl ışıl",
        "Kebap",
        "Şef",
        "日本 寿司",
    ]
)
_CITIES = st.sampled_from(["İstanbul", "ISTANBUL", "İzmir", "izmir", "Ankara", ""])
_HOURS = st.sampled_from(
    [
        "09:00-22:00",
        "11:30-14:00,18:30-21:00",
        "22:00-02:00",
        "00:00-24:00",
        "10:07-10:52",
        "23:45-00:15",
        "13:00-13:01",
    ]
)
_AMOUNTS = st.sampled_from([0, 1, 999, 1_000, 1_990, 2_990, 10_000, 99_999_999, 100_000_000])
_RATINGS = st.sampled_from([0.0, 3.999, 4.0, 4.25, 4.5, 5.0])
_MINUTES = st.sampled_from([0, 1, 20, 25, 30, 1440])
_PLACES = st.sampled_from(
    [
        {}, {"latitude": 41.03},
        *({"latitude": a, "longitude": b} for a in (-90, 38.42, 41.03, 41.05, 90) for b in (27.1, 28.98, -180)),
    ]
)  # fmt: skip
_DAYS_OFF = st.one_of(
    st.just([]),
    st.lists(st.integers(0, 8).map(lambda days: MONDAY.date() + timedelta(days=days)), max_size=5, unique=True),
)
_MOMENTS = st.integers(0, 7 * 24 * 60 - 1).map(lambda minute: MONDAY + timedelta(minutes=minute))


@st.composite
def _restaurants(draw: st.DrawFn) -> list[Restaurant]:
    days = st.dictionaries(st.sampled_from(["mon", "tue", "fri", "sat", "sun"]), _HOURS, max_size=5)
    return [
        restaurant(
            f"r{number}", name=draw(_NAMES), city=draw(_CITIES), district=draw(_CITIES), prep_time=draw(_MINUTES),
            cuisines=tuple(draw(st.lists(st.sampled_from(["Kebap", "pide", "Çorba", "ev yemeği"]), max_size=3))),
            rating_avg=draw(_RATINGS), delivery_fee=draw(_AMOUNTS), min_order_price=draw(_AMOUNTS),
            status=draw(st.sampled_from(["open", "open", "open", "closed"])), opening_hours=draw(days),
            time_zone=draw(st.sampled_from(["Europe/Istanbul", "America/New_York", "Asia/Kathmandu"])), **draw(_PLACES),
            days_off=tuple(DayOff(day=day) for day in draw(_DAYS_OFF)),
        )
        for number in range(draw(st.integers(0, 25)))
    ]  # fmt: skip


@st.composite
def _filters(draw: st.DrawFn) -> Filters:
    def some(values: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.none(), st.none(), values))

    return Filters(
        query=draw(st.sampled_from(["", "", "k", "isik", "IŞIK keb", "köf nine", "e", "ev e", "/:\"* ", "寿", "lah", "zzz"])),
        city=some(_CITIES), district=some(_CITIES),
        cuisines=tuple(some(st.lists(st.sampled_from(["KEBAP", "Pide", "corba", "sushi"]), max_size=3)) or ()),
        min_rating=some(_RATINGS), max_delivery=some(_AMOUNTS), min_order=some(_AMOUNTS), max_prep_time=some(_MINUTES),
        open_at=some(_MOMENTS),
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_it_finds_in_order_what_a_plain_filter_and_sort_finds(books: Books, data: st.DataObject) -> None:
    await books.empty()
    await books.write(*data.draw(_restaurants()))
    for number in range(data.draw(st.integers(0, 12)) if books.restaurants else 0):
        of = data.draw(st.sampled_from(sorted(books.restaurants)))
        await books.write(meal(f"m{number}", of, data.draw(_NAMES), on_sale=data.draw(st.booleans())))
    for id in data.draw(st.lists(st.sampled_from(sorted(books.meals)), unique=True)) if books.meals else ():
        await books.remove(id)
    for _ in range(4):
        await _compare(books, data)


async def _compare(books: Books, data: st.DataObject) -> None:
    filters = data.draw(_filters())
    order = data.draw(st.sampled_from([*COLUMNS, "distance"]))
    near = Point(data.draw(st.floats(-90, 90)), data.draw(st.floats(-180, 180))) if order == "distance" else None
    descending, size = data.draw(st.booleans()), data.draw(st.sampled_from([1, 3, 20, 100]))
    found = [
        each
        for each in books.restaurants.values()
        if filters.allow(each, [one for one in books.meals.values() if one.restaurant_id == each.id])
    ]
    zones, open_first = await books.search.zones(), data.draw(st.one_of(st.none(), _MOMENTS))
    expected = in_order(found, order, near, descending=descending)
    first = () if open_first is None else search_index.open_at(zones, open_first)
    if open_first is not None:
        expected = sorted(expected, key=lambda id: not _is_open(books.restaurants[id], open_first))
    for offset in {0, size, size * 2}:
        page = {"order": order, "near": near, "descending": descending, "offset": offset, "count": size}
        wanted = filters.wanted(zones, first=first, **page)
        total, ids = await books.search.find(wanted)
        assert total == len(found), (filters, expected)
        assert _alike(ids, expected[offset : offset + size], books, near), (filters, order, descending, offset, size)


def _alike(ids: list[str], expected: list[str], books: Books, near: Point | None) -> bool:
    """Lua and Python may differ in the last digits of a distance."""
    if ids == expected or near is None:
        return ids == expected
    ways = [[_away(books.restaurants[id], near) for id in each] for each in (ids, expected)]
    return len(ids) == len(expected) and all(abs(a - b) < 1e-3 for a, b in zip(*ways, strict=True))


def _away(each: Restaurant, near: Point) -> float:
    return 1e9 if each.address.latitude is None or each.address.longitude is None else _kilometres(each, near)


async def test_what_is_gone_leaves_nothing_in_the_index(books: Books) -> None:
    await books.empty()
    await books.write(first := restaurant("a", name="Lokanta"))
    before = await books.names()
    await books.write(meal("m1", "a", "Lahmacun"), meal("m2", "a", "Acılı Lahmacun"))
    await books.remove("m1")
    assert (await books.search.find(Wanted(beginnings=("word:lahm",)))).ids == ["a"]
    await books.write(replace(books.meals["m2"], is_available=False))
    assert (await books.search.find(Wanted(beginnings=("word:lahm",)))).total == 0
    assert await books.names() == before
    await books.write(replace(books.meals["m2"], is_available=True))
    await books.remove("m2")
    await books.write(replace(first, name="Köfteci"))
    assert (await books.search.find(Wanted(beginnings=("word:lok",)))).total == 0
    assert (await books.search.find(Wanted(beginnings=("word:kof",)))).ids == ["a"]


async def test_a_search_leaves_nothing_behind_and_writes_nothing_to_the_append_only_file(books: Books) -> None:
    await books.empty()
    await books.write(restaurant("a"), restaurant("b", delivery_fee=10))
    wanted = Wanted(bounds=(search_index.DELIVERY_FEE.at_most(5),), beginnings=("word:lok",), any_of=(("all",),))

    async def stands() -> tuple[object, int]:
        return await books.names(), (await books.redis.info("persistence"))["aof_current_size"]

    async def changes_nothing() -> bool:
        """Once no key of another test expires meanwhile, which is written there, too."""
        before = await stands()
        assert (await books.search.find(wanted)).ids == ["a"]
        return await stands() == before

    await until("a search after which all is as before", changes_nothing)


async def test_meals_may_come_before_their_restaurant(books: Books) -> None:
    """They are two topics: neither waits for the other."""
    await books.empty()
    await books.write(meal("m", "late", "Lahmacun"))
    assert (await books.search.find(Wanted(beginnings=("word:lah",)))).total == 0
    await books.write(restaurant("late"))
    assert (await books.search.find(Wanted(beginnings=("word:lah",)))).ids == ["late"]


async def test_many_are_walked_and_few_are_looked_up_with_the_same_order(books: Books) -> None:
    await books.empty()
    await books.write(
        *(
            restaurant(f"r{number:04}", prep_time=number % 60, cuisines=("pide",) if number % 300 == 7 else ("kebap",),
                       latitude=41 + number % 50 / 1000, longitude=29 + number % 70 / 1000)
            for number in range(1500)
        )
    )  # fmt: skip
    for cuisine in ("pide", "kebap"):
        for order in ("prep_time", "distance"):
            for descending in (False, True):
                near = Point(41.01, 29.02) if order == "distance" else None
                have = [each for each in books.restaurants.values() if each.cuisines == (cuisine,)]
                expected = in_order(have, order, near, descending=descending)
                any_of, ids = ((search_index.cuisine(cuisine),),), list[str]()
                for offset in range(0, len(have), 100):
                    page = Wanted(
                        any_of=any_of, order=order, descending=descending, near=near, offset=offset, count=100
                    )
                    ids += (await books.search.find(page)).ids
                assert sorted(ids) == sorted(expected), (cuisine, order, descending)
                assert _alike(ids, expected, books, near), (cuisine, order, descending)


async def test_pages_go_on_from_those_that_come_first_to_the_others(books: Books) -> None:
    await books.empty()
    await books.write(
        *(
            restaurant(f"r{number:04}", prep_time=number % 60, status="closed" if number % 3 else "open", opening_hours={},
                       **({} if number % 7 == 0 else {"latitude": 41 + number % 50 / 1000, "longitude": 29.0}))
            for number in range(1500)
        )
    )  # fmt: skip
    have = list(books.restaurants.values())
    for order, near in (("prep_time", None), ("distance", Point(41.01, 29.02))):
        for descending in (False, True):
            ordered = in_order(have, order, near, descending=descending)
            expected = [id for status in ("open", "closed") for id in ordered if books.restaurants[id].status == status]
            ids = list[str]()
            for offset in range(0, len(have), 90):
                page = Wanted(
                    first=(search_index.ALWAYS,), order=order, descending=descending, near=near, offset=offset, count=90
                )
                ids += (await books.search.find(page)).ids
            assert sorted(ids) == sorted(expected), (order, descending)
            assert _alike(ids, expected, books, near), (order, descending)


async def test_the_nearest_of_many_are_those_that_are_nearest(books: Books) -> None:
    """Towns here and there, also at the date line, at the equator and next to a pole."""
    dice = random.Random(3)
    towns = [(41.01, 28.98), (38.42, 27.14), (0.0, 0.0), (-16.8, 179.99), (-16.8, -179.99), (78.2, 15.6), (89.9, 10.0)]
    placed: list[Restaurant] = []
    for number in range(1400):
        latitude, longitude = towns[number % len(towns)]
        lat, lon = latitude + dice.gauss(0, 0.05), longitude + dice.gauss(0, 0.05)
        at = {"latitude": max(-90.0, min(90.0, lat)), "longitude": max(-180.0, min(180.0, lon))}
        placed.append(restaurant(f"r{number:04}", cuisines=("pide",) if number % 3 else ("kebap",), **at))
    await books.empty()
    await books.write(*placed)
    points = [*towns, (39.9, 32.8), (-90.0, 0.0), (90.0, 0.0), (0.0, 180.0), (-41.0, -151.0)]
    points += [
        (latitude + dice.gauss(0, 0.1) if latitude < 89 else latitude, longitude) for latitude, longitude in towns
    ]
    for point in points:
        near = Point(*point)
        for any_of in ((), ((search_index.cuisine("pide"),),)):
            have = [each for each in placed if not any_of or each.cuisines == ("pide",)]
            expected = in_order(have, "distance", near, descending=False)
            far = Wanted(any_of=any_of, order="distance", descending=True, near=near, offset=30, count=20)
            assert _alike((await books.search.find(far)).ids, expected[-50:-30][::-1], books, near), far
            for offset, count in ((0, 20), (20, 20), (90, 10), (400, 30), (900, 50)):
                page = Wanted(any_of=any_of, order="distance", descending=False, near=near, offset=offset, count=count)
                assert _alike((await books.search.find(page)).ids, expected[offset : offset + count], books, near), page

"""GET /restaurants/search: the query to what the index is asked, and its page of documents to the answer."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from http_edge.reads.own_writes import all_shown
from http_edge.routing.asked import Asked
from http_edge.routing.routes import PUBLIC, OwnRow
from http_edge.web.browse.distance import with_distance
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.open_now import with_open_now
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.answer import Answer
from http_edge.wire.problems import all_invalid
from topics import keys, search_index
from topics.documents.browse import RestaurantsFound
from topics.search_index import Bound, Point, Unless, Wanted
from topics.values.faults import Fault, Invalid
from topics.values.fields import Latitude, Longitude, Minutes, Word
from topics.values.kurus import Kurus

Order = Literal["rating", "delivery_fee", "prep_time", "distance", "min_order"]


class RestaurantSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Each narrows what the others leave.

    query: each of its words begins a word of the restaurant's name, of its cuisines, or of a meal on sale.
    cuisines: any of them. min_order: what one wants to spend, so restaurants whose minimum is at most that.
    open_first: those that are open now come before the others, each in the order that is asked for.
    sort_order: the best first by rating, else the smallest first.
    """

    query: Annotated[str, Meta(max_length=100)] = ""
    city: Word = ""
    district: Word = ""
    min_rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    max_delivery: Kurus | None = None
    min_order: Kurus | None = None
    max_prep_time: Minutes | None = None
    cuisines: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    open_now: bool = False
    open_first: bool = True
    lat: Latitude | None = None
    lon: Longitude | None = None
    sort_by: Order = "rating"
    sort_order: Literal["asc", "desc"] | None = None
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=100)] = 20


async def search(asked: Asked) -> Answer:
    said: RestaurantSearch = asked.asks
    near = point(said)
    zones = asked.edge.searches.zones() if said.open_now or said.open_first else _no_zones()
    known, _ = await asyncio.gather(zones, _own_writes(asked))
    at = asked.edge.clock()
    found = await asked.edge.searches.find(wanted(said, known, datetime.fromtimestamp(at, UTC), near))
    places = [keys.document(RESTAURANT.name, each) for each in found.ids]
    documents = await asked.edge.reads.get(places) if places else ()
    shown = (with_open_now(body, at) for value in documents if value and (body := keys.split(value)[1]))
    listed = b",".join(shown if near is None else (with_distance(each, near) for each in shown))
    more = b"true" if said.page * said.page_size < found.total else b"false"
    return Answer(
        b'{"restaurants":[%b],"total":%d,"page":%d,"page_size":%d,"has_next":%b}'
        % (listed, found.total, said.page, said.page_size, more)
    )


def point(said: RestaurantSearch) -> Point | None:
    """Raises Problem 422 for half of one, and for a distance from nowhere."""
    needed = said.sort_by == "distance" or said.lat is not None or said.lon is not None
    why = "is required to sort by distance" if said.sort_by == "distance" else "lat and lon go together"
    faults = [Fault(name, why) for name, value in (("lat", said.lat), ("lon", said.lon)) if needed and value is None]
    if faults:
        raise all_invalid(Invalid(faults))
    return None if said.lat is None or said.lon is None else Point(said.lat, said.lon)


def wanted(said: RestaurantSearch, zones: list[str], at: datetime, near: Point | None) -> Wanted:
    """zones: needed where it matters who is open."""
    is_open = search_index.open_at(zones, at)
    any_of: list[tuple[str | Unless, ...]] = []
    if said.city:
        any_of.append((search_index.city(said.city),))
    if said.district:
        any_of.append((search_index.district(said.district),))
    if said.cuisines:
        any_of.append(tuple(map(search_index.cuisine, said.cuisines)))
    if said.open_now:
        any_of.append(is_open)
    return Wanted(
        any_of=tuple(any_of),
        beginnings=search_index.beginnings(said.query),
        first=is_open if said.open_first and not said.open_now else (),
        bounds=tuple(_bounds(said)),
        order=said.sort_by,
        descending=said.sort_order == "desc" or (said.sort_order is None and said.sort_by == "rating"),
        near=near,
        offset=(said.page - 1) * said.page_size,
        count=said.page_size,
    )


def _bounds(said: RestaurantSearch) -> Iterator[Bound]:
    if said.min_rating is not None:
        yield search_index.RATING.at_least(said.min_rating)
    if said.max_delivery is not None:
        yield search_index.DELIVERY_FEE.at_most(said.max_delivery)
    if said.min_order is not None:
        yield search_index.MIN_ORDER.at_most(said.min_order)
    if said.max_prep_time is not None:
        yield search_index.PREP_TIME.at_most(said.max_prep_time)


async def _own_writes(asked: Asked) -> None:
    """Until both views that feed the index show what the caller wrote, unless they stay behind for long."""
    if asked.caller is not None:
        await all_shown(asked.edge.reads, asked.caller.id, (RESTAURANT, MEAL))


async def _no_zones() -> list[str]:
    return []


ROUTES = (
    OwnRow(
        method="GET", path="/restaurants/search", who=PUBLIC, asks=RestaurantSearch, gives=RestaurantsFound,
        handle=search, reads=(RESTAURANT, MEAL), says="Restaurants that fit, page by page.",
    ),
)  # fmt: skip

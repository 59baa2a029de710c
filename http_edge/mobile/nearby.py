"""Restaurants near the caller, as cards."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Raw

from http_edge.mobile import cards
from http_edge.mobile.blocks import Block, shows_own_writes
from http_edge.routing.asked import Asked
from http_edge.routing.composed import Looked
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from stores.errors import Unavailable
from topics import keys, search_index
from topics.search_index import Point, Wanted


class Where(NamedTuple):
    """What is known of where the caller is: a point, else a city, else nothing."""

    point: Point | None
    city: str


async def nearby(asked: Asked, looked: Looked, where: Where, most: int) -> Block:
    """The nearest first; without a point the best rated ones of the city, or of all. Raises Unavailable."""
    if not await shows_own_writes(asked, looked, (RESTAURANT, MEAL)):
        raise Unavailable("redis", "the search is not up to date")
    found = await asked.edge.searches.find(_wanted(where, most))
    return await listed(asked, found.ids, where.point)


async def listed(asked: Asked, ids: Sequence[str], near: Point | None) -> Block:
    """Cards of these restaurants in this order, as they are now; what is not there is left out. Raises Unavailable."""
    places = [keys.document(RESTAURANT.name, each) for each in ids]
    values = await asked.edge.reads.get(places)
    facts, shown = [] if near is None else [f"from {near}"], list[Raw]()
    at, language = asked.edge.clock(), asked.language
    for id, value in zip(ids, values, strict=True):
        if value is None:
            continue
        version, body = keys.split(value)
        if body:
            card = cards.card(body, at, language)
            facts.append(f"{id}@{version} {card.opening_text}")
            shown.append(Raw(cards.with_distance(card, near, language)))
    return Block(facts, shown)


def _wanted(where: Where, most: int) -> Wanted:
    if where.point is not None:
        return Wanted(order="distance", descending=False, near=where.point, count=most)
    city = ((search_index.city(where.city),),) if where.city else ()
    return Wanted(any_of=city, count=most)

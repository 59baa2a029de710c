"""Restaurants near the caller, as cards."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Raw

from http_edge.mobile import cards
from http_edge.mobile.blocks import Block, are_ready, if_readable, shows_own_writes, within_time, wrote_in
from http_edge.mobile.recent import Recent
from http_edge.mobile.where import Where
from http_edge.routing.asked import Asked
from http_edge.routing.composed import FirstLook
from http_edge.web.browse.meals import MEAL
from http_edge.web.browse.restaurants import RESTAURANT
from http_edge.wire.preferences import Language
from http_edge.wire.remembered import Remembered
from topics import keys, search_index
from topics.search_index import Point, Wanted
from topics.values.areas import kilometres

MOST_BYTES = 24 * 2**20  # of the lists that are remembered, some 25 KB each

_found: Recent[Where, Sequence[str]] = Recent()


def remembered(asked: Asked, look: FirstLook, where: Where) -> Sequence[str] | None:
    """Ids that this process found for the same place within the last seconds (recent.py). None: they must be searched for."""
    views = RESTAURANT, MEAL
    if wrote_in(look, views) or not are_ready(look, views):
        return None
    return _found.get(where.cell, asyncio.get_running_loop().time())


async def find(asked: Asked, look: FirstLook, where: Where, most: int) -> Sequence[str] | None:
    """Ids of the nearest restaurants; of the best rated ones in the city, or of all, if no point is known. None: they cannot be
    found now."""
    return await within_time("restaurants", _find(asked, look, where.cell, most))


async def _find(asked: Asked, look: FirstLook, cell: Where, most: int) -> Sequence[str] | None:
    """Raises Unavailable."""
    if not await shows_own_writes(asked, look, (RESTAURANT, MEAL)):
        return None
    found = (await asked.edge.searches.find(_wanted(cell, most))).ids
    _found.keep(cell, found, asyncio.get_running_loop().time())
    return found


def block(
    asked: Asked, ids: Sequence[str] | None, documents: Mapping[str, bytes | None] | None, near: Point | None
) -> Block | None:
    """Cards of these restaurants: the nearest first if a point is given, else in this order. One without a document is left
    out. documents: key → value. None if `ids` or `documents` is None, or one cannot be decoded."""
    if ids is None or documents is None:
        return None
    values = [documents.get(keys.document(RESTAURANT.name, each)) for each in ids]
    minute = int(asked.edge.clock() // 60)
    key: _Key = tuple(ids), near, asked.language
    known = _listed.get(key)
    if known is None or known.minute != minute or known.values != values:
        made = if_readable("restaurants", lambda: _cards(asked, ids, values, near))
        if made is None:
            return None
        known = _Listed(minute, values, made)
        _listed.keep(key, known, _size(known))
    return known.block


class _Listed(NamedTuple):
    """A block that was made of these documents. minute: since the epoch, for which its texts are right."""

    minute: int
    values: list[bytes | None]
    block: Block


_Key = tuple[tuple[str, ...], Point | None, Language]
_listed: Remembered[_Key, _Listed] = Remembered(MOST_BYTES)


def _size(listed: _Listed) -> int:
    return sum(map(sys.getsizeof, (*listed.values, *listed.block.depends_on, *map(bytes, listed.block.value))))


def _cards(asked: Asked, ids: Sequence[str], values: Sequence[bytes | None], near: Point | None) -> Block:
    """Raises MsgspecError."""
    at, language = asked.edge.clock(), asked.language
    depends_on, shown = list[str](), list[tuple[float, bytes]]()
    for id, value in zip(ids, values, strict=True):
        version, body = (0, b"") if value is None else keys.split(value)
        if not body:
            continue
        card = cards.card(body, at, language)
        depends_on.append(f"{id}@{version} {card.opening_text}")
        if near is None or card.place is None:
            shown.append((0.0, card.json))
        else:
            far = kilometres(near, card.place)
            shown.append((far, cards.with_distance(card, far, language)))
    if near is not None:
        depends_on.append(f"from {near}")
        shown.sort(key=_distance)
    return Block(depends_on, [Raw(json) for _, json in shown])


def _distance(shown: tuple[float, bytes]) -> float:
    return shown[0]


def _wanted(where: Where, most: int) -> Wanted:
    if where.point is not None:
        return Wanted(order="distance", descending=False, near=where.point, count=most)
    city = ((search_index.city(where.city),),) if where.city else ()
    return Wanted(any_of=city, count=most)

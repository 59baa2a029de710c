"""Searches over the bitmaps that the projections keep (topics/search_index.py), by one script that the edge runs.

The script narrows down with Redis' bit operations, which take one bit for each restaurant, and looks at single restaurants only
near the page that is asked for. So its time hardly grows with their number. Few that were found are looked up and sorted. Of
many, the sorted set is walked until the page is full.
"""

from collections.abc import Awaitable
from typing import Any, cast

import msgspec
from redis.asyncio import Redis

from stores.redis.reader import within
from stores.redis.search_script import SEARCH
from stores.redis.tags import Tags
from topics import keys
from topics.search_index import CELLS, ZONE, Bound, Found, Wanted, ordered_by

RESTAURANT, MEAL = "restaurant", "meal"
"""The views whose documents give traits; all but the words are given by the first alone."""


class Search:
    """Raises Unavailable within stores.redis.reader.READ_SECONDS.

    tags: of the generations that readers use, kept by the reader of this process: a request looks at both views first.
    """

    def __init__(self, redis: Redis, tags: Tags) -> None:
        self._redis = redis
        self._tags = tags
        self._search = redis.register_script(SEARCH)

    async def find(self, wanted: Wanted) -> Found:
        said = msgspec.json.encode(arguments(wanted, self._tags))
        total, *ids = cast(list[Any], await within(lambda: cast(Awaitable[Any], self._search(args=[said]))))
        return Found(int(total), [each.decode() for each in ids])

    async def zones(self) -> list[str]:
        """Time zones that the opening hours of some restaurant are in."""
        first, last = f"[{ZONE}".encode(), f"({ZONE}".encode() + b"\xff"

        def ask() -> Awaitable[list[bytes]]:
            names = self._tags.key(keys.search_traits(RESTAURANT))
            return cast(Awaitable[list[bytes]], self._redis.zrangebylex(names, first, last))

        return [name.decode().removeprefix(ZONE) for name in await within(ask)]


def arguments(wanted: Wanted, tags: Tags) -> dict[str, Any]:
    """The JSON argument of the script."""
    words = [
        {"names": tags.key(keys.search_traits(view)), "trait": tags.key(keys.search_trait(view, ""))}
        for view in (RESTAURANT, MEAL)
    ]
    return {
        "rows": keys.SEARCH_ROWS,
        "words": words,
        "trait": tags.key(keys.search_trait(RESTAURANT, "")),
        "names": tags.key(keys.search_traits(RESTAURANT)),
        "scratch": keys.SEARCH_SCRATCH,
        "any_of": wanted.any_of,
        "first": wanted.first,
        "beginnings": wanted.beginnings,
        "bounds": [said for bound in wanted.bounds for said in _bound(bound)],
        "by": tags.key(keys.index(RESTAURANT, ordered_by(""))),
        "order": wanted.order,
        "descending": wanted.descending,
        "near": None if wanted.near is None else (*wanted.near, *wanted.near.vector()),
        "cells": CELLS,
        "places": tags.key(keys.search_places(RESTAURANT)),
        "offset": wanted.offset,
        "count": wanted.count,
    }


def _bound(bound: Bound) -> list[dict[str, Any]]:
    """The script knows "at most" and "not at most". Nothing where every number is within the bound."""
    column, highest = bound.column, 2**bound.column.digits - 1
    limit = bound.limit - 1 if bound.least else bound.limit
    if (bound.least and limit < 0) or (not bound.least and limit >= highest):
        return []
    return [{"name": column.name, "digits": column.digits, "most": min(limit, highest), "beyond": bound.least}]

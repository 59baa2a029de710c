"""A document completed by documents of another view, as they stand when it is read.

In one MGET: which others a document needs is remembered from its last read, and what was made of the same bytes is
given again. Only a first read, and one after a change, asks twice.
"""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from http_edge.routing.edge import Reads
from http_edge.routing.routes import Join
from http_edge.wire.amounts import unchanged
from http_edge.wire.problems import not_ready
from http_edge.wire.remembered import Remembered
from topics import keys

MOST_BYTES = 24 * 2**20  # of the documents that are remembered, some KB each

Values = Sequence[bytes | None]


class _Known(NamedTuple):
    document: bytes
    places: tuple[str, ...]
    others: Values
    merged: bytes


class Joiner:
    """last: what else is done with a document that was completed; of the same one it makes the same."""

    def __init__(self, join: Join, last: Callable[[bytes], bytes] = unchanged) -> None:
        self._join = join
        self._last = last
        self._known: Remembered[str, _Known] = Remembered(MOST_BYTES)

    @property
    def held(self) -> int:
        """Bytes that it remembers."""
        return self._known.bytes

    def places(self, place: str) -> tuple[str, ...]:
        """What to read beside the document: whether the others are ready, and those that it needed last time."""
        known = self._known.get(place)
        return (self._join.view.ready,) if known is None else (self._join.view.ready, *known.places)

    async def complete(self, reads: Reads, place: str, document: bytes, asked: Sequence[str], beside: Values) -> bytes:
        """asked: places() of before, since another read may have changed them; beside: their values.

        Raises Problem 503, and Unavailable.
        """
        if beside[0] is None:
            raise not_ready()
        others, known = beside[1:], self._known.get(place)
        if known is not None and known.document == document and (known.places, known.others) == (asked[1:], others):
            return known.merged
        names = self._join.names(document)
        places = tuple(keys.document(self._join.view.name, name) for name in names)
        if asked[1:] != places:
            others = await reads.get(places) if places else []
        found = {name: keys.split(value)[1] for name, value in zip(names, others, strict=True) if value is not None}
        merged = self._last(self._join.merge(document, found))
        held = (document, merged, *places, *(value for value in others if value is not None))
        self._known.keep(place, _Known(document, places, others, merged), sum(map(sys.getsizeof, held)))
        return merged

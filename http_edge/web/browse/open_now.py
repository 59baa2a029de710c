"""Whether a restaurant is open at this moment: no stored document can know the time, so the edge adds it as it answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from http_edge.routing.asked import Asked
from http_edge.wire.remembered import Remembered
from topics.values import opening_hours
from topics.values.fields import OpenOrClosed
from topics.values.opening_hours import DEFAULT_ZONE, Span

HOURS_BYTES = 4 * 2**10  # of a week with some ranges a day
MOST_BYTES = 24 * 2**20  # of the documents whose hours are remembered, some KB each


class _Said(msgspec.Struct, frozen=True):
    """What a document of a restaurant says of this."""

    status: OpenOrClosed = "open"
    opening_hours: dict[str, str] = {}
    time_zone: str = DEFAULT_ZONE


class _Hours(NamedTuple):
    """week None: always open. zone None: it is closed, whatever its hours."""

    week: Sequence[Span] | None
    zone: str | None


_said = msgspec.json.Decoder(_Said)
_known: Remembered[bytes, _Hours] = Remembered(MOST_BYTES)


def with_open_now(document: bytes, at: float) -> bytes:
    """The JSON of a restaurant with `open_now` as its last member. at: seconds since the epoch."""
    return document[:-1] + (b',"open_now":true}' if is_open(document, at) else b',"open_now":false}')


def open_now(document: bytes, asked: Asked) -> bytes:
    """Shape of a row."""
    return with_open_now(document, asked.edge.clock())


def is_open(document: bytes, at: float) -> bool:
    week, zone = _hours(document)
    if zone is None or week is None:
        return zone is not None
    return opening_hours.is_within(week, zone, datetime.fromtimestamp(at, UTC))


def _hours(document: bytes) -> _Hours:
    """A list shows the same documents again and again."""
    known = _known.get(document)
    if known is None:
        known = _read_hours(document)
        _known.keep(document, known, HOURS_BYTES + len(document))
    return known


def _read_hours(document: bytes) -> _Hours:
    said = _said.decode(document)
    if said.status != "open":
        return _Hours(None, None)
    return _Hours(opening_hours.week(said.opening_hours) if said.opening_hours else None, said.time_zone)

"""Whether a restaurant is open at this moment: no stored document can know the time, so the edge adds it as it answers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

import msgspec

from http_edge.routing.asked import Asked
from http_edge.wire.remembered import Remembered
from topics.values import opening_hours
from topics.values.fields import OpenOrClosed
from topics.values.opening_hours import DEFAULT_ZONE, EVERY_DAY, Span

HOURS_BYTES = 4 * 2**10  # of a week with some ranges a day
MOST_BYTES = 24 * 2**20  # of the documents whose hours are remembered, some KB each


class _Off(msgspec.Struct, frozen=True):
    day: date


class _Pause(msgspec.Struct, frozen=True):
    until: datetime


class Said(msgspec.Struct, frozen=True):
    """What a document of a restaurant says of this."""

    status: OpenOrClosed = "open"
    opening_hours: dict[str, str] = {}
    time_zone: str = DEFAULT_ZONE
    days_off: tuple[_Off, ...] = ()
    pause: _Pause | None = None


class _Hours(NamedTuple):
    """week None: always open. zone None: it is closed, whatever its hours. paused_until: seconds since the epoch."""

    week: Sequence[Span] | None
    zone: str | None
    off: frozenset[date] = frozenset()
    paused_until: float = 0.0


_said = msgspec.json.Decoder(Said)
_known: Remembered[bytes, _Hours] = Remembered(MOST_BYTES)


def said_of(document: bytes) -> Said:
    return _said.decode(document)


def with_open_now(document: bytes, at: float) -> bytes:
    """The JSON of a restaurant with `open_now` as its last member. at: seconds since the epoch."""
    return document[:-1] + (b',"open_now":true}' if is_open(document, at) else b',"open_now":false}')


def open_now(document: bytes, asked: Asked) -> bytes:
    """Shape of a row."""
    return with_open_now(document, asked.edge.clock())


def is_open(document: bytes, at: float) -> bool:
    week, zone, off, paused_until = _hours(document)
    if zone is None or at < paused_until:
        return False
    if week is None:
        return True
    return opening_hours.is_within(week, zone, datetime.fromtimestamp(at, UTC), off)


def _hours(document: bytes) -> _Hours:
    """A list shows the same documents again and again."""
    known = _known.get(document)
    if known is None:
        known = _read_hours(document)
        _known.keep(document, known, HOURS_BYTES + len(document))
    return known


def _read_hours(document: bytes) -> _Hours:
    said = said_of(document)
    if said.status != "open":
        return _Hours(None, None)
    always = not said.opening_hours and not said.days_off
    week = None if always else opening_hours.week(said.opening_hours or EVERY_DAY)
    paused_until = said.pause.until.timestamp() if said.pause else 0.0
    return _Hours(week, said.time_zone, frozenset(each.day for each in said.days_off), paused_until)

"""Whether a restaurant is open now, and until when, in words."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from http_edge.mobile import texts
from http_edge.web.browse.open_now import is_open
from http_edge.wire.preferences import Language
from topics.values import opening_hours
from topics.values.fields import OpenOrClosed
from topics.values.opening_hours import DEFAULT_ZONE


class Opening(NamedTuple):
    open_now: bool
    text: str


class _Said(msgspec.Struct, frozen=True):
    """What a document of a restaurant says of this."""

    status: OpenOrClosed = "open"
    opening_hours: dict[str, str] = {}
    time_zone: str = DEFAULT_ZONE


_said = msgspec.json.Decoder(_Said)


def opening(document: bytes, at: float, language: Language) -> Opening:
    """document: JSON of a restaurant. at: seconds since the epoch."""
    said, now = _said.decode(document), datetime.fromtimestamp(at, UTC)
    hours, zone = said.opening_hours, said.time_zone
    if is_open(document, at):
        return Opening(True, texts.open_until(opening_hours.closes_at(hours, zone, now), language))
    opens = opening_hours.opens_at(hours, zone, now) if said.status == "open" else None
    return Opening(False, texts.closed_until(opens, now.astimezone(ZoneInfo(zone)), language))

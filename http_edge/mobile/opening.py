"""Whether a restaurant takes orders now, and until when, in words."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from http_edge.mobile import texts
from http_edge.web.browse.open_now import Said, is_open, said_of
from http_edge.wire.preferences import Language
from topics.values import opening_hours


class Opening(NamedTuple):
    open_now: bool
    text: str


def opening(document: bytes, at: float, language: Language) -> Opening:
    """document: JSON of a restaurant. at: seconds since the epoch."""
    said, now = said_of(document), datetime.fromtimestamp(at, UTC)
    off = tuple(each.day for each in said.days_off)
    if is_open(document, at):
        closes = opening_hours.closes_at(said.opening_hours, said.time_zone, now, off)
        return Opening(True, texts.open_until(closes, now, language))
    here = ZoneInfo(said.time_zone)
    return Opening(False, texts.closed_until(_opens(said, now, off), now.astimezone(here), language))


def _opens(said: Said, now: datetime, off: tuple[date, ...]) -> datetime | None:
    """With the zone's offset; None: nobody knows."""
    if said.status != "open":
        return None
    ends = said.pause.until if said.pause is not None and said.pause.until > now else now
    if ends > now and opening_hours.is_open(said.opening_hours, said.time_zone, ends, off):
        return ends.astimezone(ZoneInfo(said.time_zone))
    return opening_hours.opens_at(said.opening_hours, said.time_zone, ends, off)

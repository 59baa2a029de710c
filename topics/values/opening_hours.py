"""When a restaurant is open: ranges a weekday, in its own time zone. Pure arithmetic over minutes of a week.

`fri: "11:30-14:00,22:00-02:00"` is open on Friday from 11:30 to 14:00, and from Friday 22:00 to Saturday 02:00: a range that
does not end after it begins ends on the next day. A day that is absent is a day off. No hours at all mean: always open.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Istanbul"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_RANGES = 6
"""In one day."""

_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_RANGE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))", re.ASCII)

Hours = Mapping[Any, str]
"""Day → ranges. The keys are Any, since type checkers refuse a Mapping[Weekday, str] as a Mapping[str, str]."""


class Span(NamedTuple):
    """Minutes from Monday 00:00; end is exclusive and may lie in the next week."""

    begin: int
    end: int


def normal_day(text: str) -> str:
    """The ranges of one day in order, without spaces. Raises ValueError in words for whoever wrote it."""
    spans = sorted(_spans_of_day(0, text))
    for before, after in pairwise(spans):
        if after.begin < before.end:
            raise ValueError(f"the ranges {_text(before)} and {_text(after)} overlap")
    return ",".join(_text(span) for span in spans)


def spans(hours: Hours) -> tuple[Span, ...]:
    """Of the whole week, in order. Raises ValueError where a day cannot be read."""
    found = [span for day, text in hours.items() for span in _spans_of_day(DAYS.index(day), text)]
    return tuple(sorted(found))


def week(hours: Hours) -> tuple[Span, ...]:
    """As spans(), for hours that are kept: a day that cannot be read counts as a whole day.

    Ranges such as `11:00-11:00` were taken before they were checked, and nobody was turned away at any hour then.
    """
    found = [span for day, text in hours.items() for span in _kept_spans(DAYS.index(day), text)]
    return tuple(sorted(found))


def overlap(hours: Hours) -> tuple[str, str] | None:
    """(day, why) of a range that begins before another one has ended, also where that one began the day before."""
    all_week = spans(hours)
    after_it = (*all_week[1:], *(Span(s.begin + _WEEK, s.end + _WEEK) for s in all_week[:1]))
    for before, after in zip(all_week, after_it, strict=True):
        if after.begin < before.end and before != after:
            day = DAYS[after.begin % _WEEK // _DAY]
            return day, f"{_text(after)} begins before {DAYS[before.begin // _DAY]} {_text(before)} has ended"
    return None


def is_open(hours: Hours, zone: str, at: datetime) -> bool:
    """at: with its zone."""
    return not hours or is_within(week(hours), zone, at)


def is_within(week: Iterable[Span], zone: str, at: datetime) -> bool:
    """As is_open(), over the spans that week() gave."""
    minute = _minute_of_week(at.astimezone(ZoneInfo(zone)))
    return any(span.begin <= each < span.end for span in week for each in (minute, minute + _WEEK))


def opens_at(hours: Hours, zone: str, at: datetime) -> datetime | None:
    """The first moment after `at` at which it opens, with the zone's offset. None: it has no hours, or is always open."""
    if not hours:
        return None
    local = at.astimezone(ZoneInfo(zone))
    kept = week(hours)
    for days in range(8):
        day = local.date() + timedelta(days=days)
        for span in kept:
            if span.begin // _DAY == day.weekday():
                begins = _moment(day, span.begin % _DAY, zone)
                if begins > at:
                    return begins
    return None


def day_ends(hours: Hours, zone: str, at: datetime) -> datetime:
    """When the restaurant's day at `at` is over, with the zone's offset: at midnight, or when a range that lasts past midnight
    ends. Saturday 01:30 belongs to Friday where Friday's range lasts so long."""
    local = at.astimezone(ZoneInfo(zone))
    minute = _minute_of_week(local)
    today, kept = minute - minute % _DAY, week(hours)
    for moved in (minute, minute + _WEEK):
        before = next((span for span in kept if span.begin < moved - moved % _DAY and moved < span.end), None)
        if before is not None:
            return _moment(local.date(), before.end % _DAY, zone)
    past = next((span for span in kept if span.begin // _DAY == today // _DAY and span.end > today + _DAY), None)
    return _moment(local.date() + timedelta(days=1), past.end % _DAY if past else 0, zone)


def is_open_on(hours: Hours, day: date) -> bool:
    """Some time of that day, in the restaurant's zone; what began the day before counts, too."""
    if not hours:
        return True
    begin = day.weekday() * _DAY
    end = begin + _DAY
    moved = [Span(s.begin + shift, s.end + shift) for s in week(hours) for shift in (0, -_WEEK)]
    return any(span.begin < end and begin < span.end for span in moved)


def _spans_of_day(day: int, text: str) -> Sequence[Span]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_RANGES:
        raise ValueError(f"a day has at most {MOST_RANGES} ranges")
    return [_span(day, part) for part in parts]


def _kept_spans(day: int, text: str) -> Sequence[Span]:
    try:
        return _spans_of_day(day, text)
    except ValueError:
        return [Span(day * _DAY, day * _DAY + _DAY)]


def _span(day: int, text: str) -> Span:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError("is no list of opening hours such as 09:00-22:00 or 11:30-14:00,18:30-21:00")
    begin = int(found[1]) * 60 + int(found[2])
    end = _DAY if found[5] else int(found[3]) * 60 + int(found[4])
    if begin == end:
        raise ValueError(f"{text} begins and ends at the same time; the whole day is 00:00-24:00")
    return Span(day * _DAY + begin, day * _DAY + (end if end > begin else end + _DAY))


def _text(span: Span) -> str:
    begin, end = span.begin % _DAY, span.end % _DAY
    last = "24:00" if end == 0 and span.end - span.begin + begin == _DAY else _clock(end)
    return f"{_clock(begin)}-{last}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute_of_week(local: datetime) -> int:
    return local.weekday() * _DAY + local.hour * 60 + local.minute


def _moment(day: date, minute: int, zone: str) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))

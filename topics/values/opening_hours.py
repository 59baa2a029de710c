"""When a restaurant is open: ranges a weekday, in its own time zone, and days off. Pure arithmetic over minutes of a week.

`fri: "11:30-14:00,22:00-02:00"` is open on Friday from 11:30 to 14:00, and from Friday 22:00 to Saturday 02:00: a range that
does not end after it begins ends on the next day. A weekday that is absent is closed. No hours at all mean: always open.

On a day off no range begins; one that began the evening before goes on until it ends. A range belongs to the day on which it
begins.

Where clocks are put back, a time that comes twice is meant the first time, for the begin and for the end of a range. Where they
are put forward, a time that does not come is the moment at which they are.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Europe/Istanbul"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_RANGES = 6
"""In one day."""

EVERY_DAY: Mapping[str, str] = dict.fromkeys(DAYS, "00:00-24:00")
"""What no hours at all mean."""

DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60
_MINUTE = timedelta(minutes=1)
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
    after_it = (*all_week[1:], *(Span(s.begin + WEEK_MINUTES, s.end + WEEK_MINUTES) for s in all_week[:1]))
    for before, after in zip(all_week, after_it, strict=True):
        if after.begin < before.end and before != after:
            day = DAYS[after.begin % WEEK_MINUTES // DAY_MINUTES]
            return day, f"{_text(after)} begins before {DAYS[before.begin // DAY_MINUTES]} {_text(before)} has ended"
    return None


def is_open(hours: Hours, zone: str, at: datetime, off: Container[date] = ()) -> bool:
    """at: with its zone. off: days off."""
    return (not hours and not off) or is_within(week(hours or EVERY_DAY), zone, at, off)


def is_within(week: Iterable[Span], zone: str, at: datetime, off: Container[date] = ()) -> bool:
    """As is_open(), over the spans that week() gave."""
    return any(began not in off for _, began in _ranges_at(week, zone, at))


def opens_at(hours: Hours, zone: str, at: datetime, off: Sequence[date] = ()) -> datetime | None:
    """The first moment after `at` at which a range begins, with the zone's offset. None: there is none, or it is always
    open."""
    if not hours and not off:
        return None
    at = at.astimezone(UTC)  # two times in one zone compare as their clocks show them, also where those were put back
    today, kept = wall_time(at, zone).date(), week(hours or EVERY_DAY)
    for days in range(7 * (len(off) + 1) + 1):
        day = today + timedelta(days=days)
        for span in kept if day not in off else ():
            if span.begin // DAY_MINUTES == day.weekday():
                begins, ends = (_moment(day, minute - day.weekday() * DAY_MINUTES, zone) for minute in span)
                if at < begins < ends:  # one that is skipped whole, where clocks are put forward, does not begin
                    return begins
    return None


def day_ends(hours: Hours, zone: str, at: datetime) -> datetime:
    """When the restaurant's day at `at` is over, with the zone's offset: at midnight, or when a range that lasts past midnight
    ends. Saturday 01:30 belongs to Friday where Friday's range lasts so long."""
    wall = wall_time(at, zone)
    minute, kept = minute_of_week(wall), week(hours)
    for moved in (minute, minute + WEEK_MINUTES):
        before = next((span for span in kept if span.begin < moved - moved % DAY_MINUTES and moved < span.end), None)
        if before is not None:
            return _moment(wall.date(), before.end % DAY_MINUTES, zone)
    midnight = minute - minute % DAY_MINUTES + DAY_MINUTES
    past = next((span for span in kept if midnight - DAY_MINUTES <= span.begin < midnight < span.end), None)
    return _moment(wall.date() + timedelta(days=1), past.end % DAY_MINUTES if past else 0, zone)


def closes_at(hours: Hours, zone: str, at: datetime, off: Container[date] = ()) -> datetime | None:
    """The end of the time for which it is open at `at`, over ranges that follow each other, with the zone's offset. None: it
    is not open, or does not close within a week."""
    kept, moment, late = week(hours or EVERY_DAY), at, at + timedelta(weeks=1)
    while moment < late:
        ends = _end_of_range(kept, zone, moment, off)
        if ends is None or ends <= moment:
            return None if moment is at else moment
        moment = ends
    return None


def _end_of_range(week: Iterable[Span], zone: str, at: datetime, off: Container[date]) -> datetime | None:
    """Of the range in which `at` is; None: it is in none."""
    for span, began in _ranges_at(week, zone, at):
        if began not in off:
            days, minute = divmod(span.end - span.begin // DAY_MINUTES * DAY_MINUTES, DAY_MINUTES)
            return _moment(began + timedelta(days=days), minute, zone)
    return None


def _ranges_at(week: Iterable[Span], zone: str, at: datetime) -> Iterator[tuple[Span, date]]:
    """Ranges of the week in which `at` is, each with the day on which it began."""
    wall = wall_time(at, zone)
    minute = minute_of_week(wall)
    for span in week:
        for each in (minute, minute + WEEK_MINUTES):  # a span of Sunday may reach into the next week
            if span.begin <= each < span.end:
                yield span, wall.date() - timedelta(days=each // DAY_MINUTES - span.begin // DAY_MINUTES)


def wall_time(at: datetime, zone: str) -> datetime:
    """What a clock shows at that moment, without its zone, to the minute. While a time comes for the second time: the last
    minute before times come only once again, since all that ends or begins meanwhile has done so the first time."""
    return _wall_time(at.astimezone(UTC).replace(second=0, microsecond=0), zone)


def minute_of_week(wall: datetime) -> int:
    return wall.weekday() * DAY_MINUTES + wall.hour * 60 + wall.minute


@lru_cache(4096)
def _wall_time(at: datetime, zone: str) -> datetime:
    place = ZoneInfo(zone)
    local = at.astimezone(place)
    wall = local.replace(tzinfo=None, fold=0)
    if local.fold:
        while _comes_twice(wall + _MINUTE, place):
            wall += _MINUTE
    return wall


def _spans_of_day(day: int, text: str) -> Sequence[Span]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_RANGES:
        raise ValueError(f"a day has at most {MOST_RANGES} ranges")
    return [_span(day, part) for part in parts]


def _kept_spans(day: int, text: str) -> Sequence[Span]:
    try:
        return _spans_of_day(day, text)
    except ValueError:
        return [Span(day * DAY_MINUTES, day * DAY_MINUTES + DAY_MINUTES)]


def _span(day: int, text: str) -> Span:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError("is no list of opening hours such as 09:00-22:00 or 11:30-14:00,18:30-21:00")
    begin = int(found[1]) * 60 + int(found[2])
    end = DAY_MINUTES if found[5] else int(found[3]) * 60 + int(found[4])
    if begin == end:
        raise ValueError(f"{text} begins and ends at the same time; the whole day is 00:00-24:00")
    return Span(day * DAY_MINUTES + begin, day * DAY_MINUTES + (end if end > begin else end + DAY_MINUTES))


def _text(span: Span) -> str:
    begin, end = span.begin % DAY_MINUTES, span.end % DAY_MINUTES
    last = "24:00" if end == 0 and span.end - span.begin + begin == DAY_MINUTES else _clock(end)
    return f"{_clock(begin)}-{last}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _moment(day: date, minute: int, zone: str) -> datetime:
    """minute: of the day, or of the next one from 24 * 60 on."""
    place = ZoneInfo(zone)
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    while not _comes(wall, place):
        wall += _MINUTE
    return wall.replace(tzinfo=place)


def _comes(wall: datetime, place: ZoneInfo) -> bool:
    """Whether a clock there shows this time at all."""
    return wall.replace(tzinfo=place).astimezone(UTC).astimezone(place).replace(tzinfo=None) == wall


def _comes_twice(wall: datetime, place: ZoneInfo) -> bool:
    first, second = (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first < second

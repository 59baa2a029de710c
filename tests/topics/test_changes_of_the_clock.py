"""Opening hours where clocks are put forward and back, and on days off, against a clock that is watched minute by minute."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topics.values import opening_hours as hours
from topics.values.opening_hours import DAYS

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1)),
    ("America/New_York", datetime(2026, 3, 8, 7)),
    ("America/New_York", datetime(2026, 11, 1, 6)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15)),  # by half an hour
    ("America/Havana", datetime(2026, 11, 1, 5)),  # from 01:00 back to midnight
    ("America/Santiago", datetime(2026, 9, 6, 4)),  # from midnight forward: the day begins at 01:00
    ("Asia/Beirut", datetime(2026, 10, 24, 21)),  # from midnight back into the day before
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31)),  # from 00:01 back to 23:01 of the day before
    ("Europe/Istanbul", datetime(2026, 3, 29, 1)),  # where nothing changes
]
"""(zone, about when its clocks change, UTC)."""

_RANGES = st.sampled_from(
    ["00:00-24:00", "00:30-01:30", "01:00-02:30", "02:10-02:50", "02:30-05:00", "22:00-02:30", "23:15-00:15", "23:30-01:00",
     "09:00-22:00", "00:15-00:45,01:15-01:45,02:15-02:45", "02:00-03:00", "23:00-23:45", "18:00-03:00"]
)  # fmt: skip
_WEEKS = st.dictionaries(st.sampled_from(DAYS), _RANGES, min_size=1)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[dict[str, str], str, datetime, list[date]]:
    zone, change = draw(st.sampled_from(CHANGES))
    at = change.replace(tzinfo=UTC) + draw(st.integers(-180, 180)) * MINUTE
    off = draw(st.lists(st.integers(-2, 2), max_size=2, unique=True))
    return draw(_WEEKS), zone, at, [change.date() + timedelta(days=days) for days in off]


@settings(max_examples=300, deadline=None)
@given(_cases())
def test_open_is_what_somebody_sees_who_watches_the_clock(
    case: tuple[dict[str, str], str, datetime, list[date]],
) -> None:
    week, zone, at, off = case
    open_then = any(begins <= at < ends for begins, ends in _watched(week, zone, at, off))
    assert hours.is_open(week, zone, at, off) is open_then


@settings(max_examples=300, deadline=None)
@given(_cases())
def test_it_opens_next_when_the_next_range_begins(case: tuple[dict[str, str], str, datetime, list[date]]) -> None:
    week, zone, at, off = case
    found = hours.opens_at(week, zone, at, off)
    soon = [begins for begins, ends in _watched(week, zone, at, off) if at < begins < ends]
    if soon:
        assert found is not None and found.astimezone(UTC) == min(soon), "a time that comes twice equals none elsewhere"
        assert hours.is_open(week, zone, min(soon), off)
    else:
        assert found is None or found > at + timedelta(days=1)


def _watched(week: Mapping[str, str], zone: str, at: datetime, off: list[date]) -> list[tuple[datetime, datetime]]:
    """(begin, end) of the ranges of the days around: the first minutes at which the clock shows those times, or later ones."""
    found: list[tuple[datetime, datetime]] = []
    for days in range(-2, 3):
        day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
        midnight = datetime.combine(day, datetime.min.time())
        text = week.get(DAYS[day.weekday()]) if day not in off else None
        for span in hours.spans({"mon": text}) if text else ():
            begins, ends = (_first(zone, at.date(), midnight + minute * MINUTE) for minute in span)
            found.append((begins, ends))
    return found


def _first(zone: str, around: date, wall: datetime) -> datetime:
    """When the clock first shows this time, or a later one."""
    begin, latest = _clock(zone, around)
    return begin + bisect_left(latest, wall) * MINUTE


@lru_cache(100)
def _clock(zone: str, around: date) -> tuple[datetime, list[datetime]]:
    """A moment, and for each minute from it on the latest time that the clock has shown so far."""
    begin = datetime.combine(around, datetime.min.time(), UTC) - timedelta(days=5)
    moments = (begin + number * MINUTE for number in range(11 * 24 * 60))
    shown = (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) for moment in moments)
    return begin, list(accumulate(shown, max))


ISTANBUL = ZoneInfo("Europe/Istanbul")
NIGHTS = {"thu": "22:00-02:00", "fri": "22:00-02:00", "sat": "10:00-12:00"}
FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("moment", "open_then"),
    [("2026-11-27T01:30", True), ("2026-11-27T22:30", False), ("2026-11-28T01:30", False), ("2026-11-28T11:00", True)],
)
def test_what_begins_on_a_day_off_is_off_also_after_midnight(moment: str, open_then: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=ISTANBUL)
    assert hours.is_open(NIGHTS, "Europe/Istanbul", at, (FRIDAY,)) is open_then


def test_who_is_always_open_opens_again_after_a_day_off() -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=ISTANBUL)
    assert not hours.is_open({}, "Europe/Istanbul", noon, (FRIDAY,))
    assert hours.opens_at({}, "Europe/Istanbul", noon, (FRIDAY,)) == datetime(2026, 11, 28, tzinfo=ISTANBUL)


def test_sixty_weeks_off_are_passed_over() -> None:
    off = [FRIDAY + timedelta(days=7 * number) for number in range(60)]
    opens = hours.opens_at({"fri": "10:00-12:00"}, "Europe/Istanbul", datetime(2026, 11, 26, tzinfo=UTC), off)
    assert opens == datetime(2028, 1, 21, 10, tzinfo=ISTANBUL)

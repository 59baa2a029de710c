from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.deciding.days import FROM, MOST_DAYS, TO, days_of, faults_of
from topics.values.opening_hours import DEFAULT_ZONE

NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
"""In Istanbul it is half past one at night."""


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ((None, None), date(2026, 2, 24), TODAY),
        ((None, date(2026, 1, 31)), date(2026, 1, 25), date(2026, 1, 31)),
        ((date(2026, 2, 27), None), date(2026, 2, 27), TODAY),
        ((date(2026, 1, 1), None), date(2026, 1, 1), date(2026, 1, 31)),
        ((date(2026, 4, 1), None), date(2026, 4, 1), date(2026, 4, 1)),
        ((date(2026, 2, 1), date(2026, 2, 2)), date(2026, 2, 1), date(2026, 2, 2)),
    ],
)
def test_what_is_not_said_follows_from_today_in_the_restaurants_zone(
    said: tuple[date | None, date | None], first: date, last: date
):
    days = days_of(*said, DEFAULT_ZONE, NOW)
    assert (days.first, days.last) == (first, last)


def test_days_begin_and_end_at_midnight_of_the_zone():
    days = days_of(date(2026, 3, 28), date(2026, 3, 29), "Europe/Berlin", NOW)
    assert days.begin == datetime(2026, 3, 27, 23, tzinfo=UTC)
    assert days.end == datetime(2026, 3, 29, 22, tzinfo=UTC), "clocks were put forward"


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), ["to"]),
        (date(2026, 3, 1), date(2026, 4, 1), ["to"]),
        (date(1, 1, 1), date(9999, 12, 31), ["from", "to"]),
        (date(1, 1, 1), None, ["from"]),
        (date(2026, 3, 1), date(2026, 3, 31), []),
        (None, None, []),
    ],
)
def test_every_fault_of_a_span_is_told(first: date | None, last: date | None, fields: list[str]):
    assert [fault.field for fault in faults_of(first, last)] == fields


_days = st.none() | st.dates()


@given(_days, _days, st.datetimes(datetime(2021, 1, 1), datetime(2099, 1, 1)), st.sampled_from(["UTC", DEFAULT_ZONE]))
def test_what_has_no_fault_is_a_span_of_a_month_at_most(
    first: date | None, last: date | None, now: datetime, zone: str
):
    if not faults_of(first, last):
        days = days_of(first, last, zone, now.replace(tzinfo=UTC))
        assert days.begin < days.end <= days.begin + timedelta(days=MOST_DAYS, hours=1)
        assert FROM - timedelta(days=6) <= days.first <= days.last <= TO

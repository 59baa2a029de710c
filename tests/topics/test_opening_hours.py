"""When a restaurant is open: several ranges a day, past midnight, in its own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.values import opening_hours as hours
from topics.values.opening_hours import DAYS

ISTANBUL = "Europe/Istanbul"


def at(text: str, zone: str = ISTANBUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


WEEK = {"mon": "11:30-14:00,18:30-21:00", "fri": "22:00-02:00"}


@pytest.mark.parametrize(
    ("moment", "open_then"),
    [("2026-11-23T11:29", False), ("2026-11-23T11:30", True), ("2026-11-23T14:00", False), ("2026-11-23T20:59", True),
     ("2026-11-27T21:59", False), ("2026-11-27T22:00", True), ("2026-11-28T01:30", True), ("2026-11-28T02:00", False),
     ("2026-11-24T12:00", False)],
)  # fmt: skip
def test_ranges_begin_inclusive_and_end_exclusive(moment: str, open_then: bool) -> None:
    assert hours.is_open(WEEK, ISTANBUL, at(moment)) is open_then


def test_the_clock_is_the_restaurants() -> None:
    noon_in_istanbul = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert hours.is_open(WEEK, ISTANBUL, noon_in_istanbul)
    assert not hours.is_open(WEEK, "UTC", noon_in_istanbul)


def test_sunday_night_reaches_into_monday() -> None:
    assert hours.is_open({"sun": "22:00-03:00"}, ISTANBUL, at("2026-11-23T02:59"))
    assert not hours.is_open({"sun": "22:00-03:00"}, ISTANBUL, at("2026-11-23T03:00"))


def test_no_hours_at_all_mean_always() -> None:
    assert hours.is_open({}, ISTANBUL, at("2026-11-23T04:00"))
    assert hours.opens_at({}, ISTANBUL, at("2026-11-23T04:00")) is None


@pytest.mark.parametrize(
    ("moment", "opens"),
    [("2026-11-23T10:00", "2026-11-23T11:30"), ("2026-11-23T15:00", "2026-11-23T18:30"),
     ("2026-11-24T09:00", "2026-11-27T22:00"), ("2026-11-28T03:00", "2026-11-30T11:30")],
)  # fmt: skip
def test_it_opens_next_at_the_first_range_that_begins_later(moment: str, opens: str) -> None:
    assert hours.opens_at(WEEK, ISTANBUL, at(moment)) == at(opens)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [("2026-11-24T12:00", "2026-11-25T00:00"), ("2026-11-27T20:00", "2026-11-28T02:00"),
     ("2026-11-28T01:30", "2026-11-28T02:00"), ("2026-11-28T02:00", "2026-11-29T00:00"),
     ("2026-11-23T23:59", "2026-11-24T00:00")],
)  # fmt: skip
def test_a_day_ends_with_the_range_that_lasts_past_midnight(moment: str, ends: str) -> None:
    assert hours.day_ends(WEEK, ISTANBUL, at(moment)) == at(ends)


def test_a_day_without_hours_ends_at_midnight_and_sundays_range_on_monday() -> None:
    assert hours.day_ends({}, ISTANBUL, at("2026-11-23T04:00")) == at("2026-11-24T00:00")
    assert hours.day_ends({"mon": "09:00-24:00"}, ISTANBUL, at("2026-11-23T10:00")) == at("2026-11-24T00:00")
    late = {"sun": "22:00-03:00"}
    assert hours.day_ends(late, ISTANBUL, at("2026-11-22T23:00")) == at("2026-11-23T03:00")
    assert hours.day_ends(late, ISTANBUL, at("2026-11-23T02:59")) == at("2026-11-23T03:00")


@given(
    st.dictionaries(
        st.sampled_from(DAYS), st.sampled_from(["09:00-22:00", "22:00-02:00", "00:00-24:00", "18:00-06:00"])
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from([ISTANBUL, "America/New_York", "UTC"]),
)
def test_a_day_always_ends_later_and_within_two_days(week: dict[str, str], moment: datetime, zone: str) -> None:
    now = moment.replace(tzinfo=UTC)
    assert now < hours.day_ends(week, zone, now) <= now + timedelta(hours=49)


@pytest.mark.parametrize(
    "text", ["11:00-11:00", "9-5", "", "25:00-26:00", "10:00-12:00,11:00-13:00", "10:00-12:00;13:00-14:00"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        hours.normal_day(text)


def test_ranges_are_kept_in_order_and_the_end_of_a_day_has_one_name() -> None:
    assert hours.normal_day("18:30 - 00:00, 11:30-14:00") == "11:30-14:00,18:30-24:00"


def test_a_range_that_begins_before_yesterdays_has_ended_overlaps() -> None:
    found = hours.overlap({"fri": "22:00-02:00", "sat": "01:00-05:00"})
    assert found is not None and found[0] == "sat"
    assert hours.overlap({"sun": "22:00-02:00", "mon": "01:00-03:00"}) is not None
    assert hours.overlap({"fri": "22:00-02:00", "sat": "02:00-05:00"}) is None
    assert hours.overlap(dict.fromkeys(DAYS, "00:00-24:00")) is None


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_it_is_open_at_the_moment_at_which_it_opens_next(now: datetime) -> None:
    opens = hours.opens_at(WEEK, ISTANBUL, now)
    assert opens is not None and opens > now
    assert hours.is_open(WEEK, ISTANBUL, opens)


@given(
    week=st.dictionaries(
        st.sampled_from(DAYS),
        st.sampled_from(
            ("00:00-24:00", "09:00-22:00", "22:00-02:00", "11:00-14:00,14:00-15:30", "00:00-01:00,23:00-24:00")
        ),
    ),
    half_hours=st.integers(0, 7 * 48 - 1),
)
def test_it_closes_at_the_first_moment_at_which_it_is_not_open(week: dict[str, str], half_hours: int) -> None:
    moment = at("2026-11-23T00:00") + timedelta(minutes=30 * half_hours)
    closes = hours.closes_at(week, ISTANBUL, moment)
    later = (moment + timedelta(minutes=30 * each) for each in range(1, 8 * 48))
    open_now = hours.is_open(week, ISTANBUL, moment)
    first = next((each for each in later if not hours.is_open(week, ISTANBUL, each)), None) if open_now else None
    assert closes == first

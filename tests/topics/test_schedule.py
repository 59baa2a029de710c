"""Times that an order is asked for, at the ends of what a date can be."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from topics.deciding import schedule

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
HOURS = {"mon": "09:00-10:00"}
ZONES = ("Europe/Istanbul", "Etc/GMT+12", "Pacific/Kiritimati")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("said", ["9999-12-31", "9999-12-31T23:59", "9999-12-31T23:59-12:00", "9999-01-01T00:00Z"])
def test_a_time_that_cannot_be_reckoned_with_is_refused(said: str, zone: str) -> None:
    refused = schedule.past(said, zone, NOW)
    assert refused is not None
    assert (refused.code, refused.field) == ("invalid_input", "schedule_date")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("said", ["9998-12-31", "9998-12-31T23:59:59.999999-23:59", "9998-12-31T23:59"])
def test_what_is_not_refused_can_be_compared_with_hours(said: str, zone: str) -> None:
    assert schedule.past(said, zone, NOW) is None
    schedule.closed(said, HOURS, zone, NOW)


@pytest.mark.parametrize("said", ["0001-01-01", "0001-01-01T00:00", "0001-01-01T00:00+23:59"])
def test_the_first_day_that_there_is_is_past(said: str) -> None:
    refused = schedule.past(said, "Europe/Istanbul", NOW)
    assert refused is not None
    assert refused.code == "schedule_in_past"


# -- a mere day. 2026-11-27 is a Friday.

ZONE = "Europe/Istanbul"
THURSDAY, FRIDAY, SATURDAY, SUNDAY = (date(2026, 11, day) for day in (26, 27, 28, 29))
NIGHTS = {"fri": "22:00-02:00", "sat": "11:00-23:00"}


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{said}").replace(tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("hours", "day", "now", "until", "opens"),
    [
        (NIGHTS, SATURDAY, "26T12:00", None, "28T11:00"),  # what is left of Friday's night is no beginning of Saturday
        (NIGHTS, SATURDAY, "28T00:30", None, "28T00:30"),
        (NIGHTS, SATURDAY, "28T12:30", None, "28T12:30"),
        (NIGHTS, SATURDAY, "28T05:00", None, "28T11:00"),
        (NIGHTS, SATURDAY, "28T23:00", None, None),
        (NIGHTS, FRIDAY, "28T00:30", None, None),
        (NIGHTS, SUNDAY, "26T12:00", None, None),
        ({"fri": "22:00-02:00"}, SATURDAY, "26T12:00", None, "28T00:00"),
        ({"fri": "22:00-02:00"}, SATURDAY, "28T02:00", None, None),
        ({}, SATURDAY, "26T12:00", None, "28T00:00"),
        ({}, SATURDAY, "28T23:59", None, "28T23:59"),
        (NIGHTS, SATURDAY, "26T12:00", "28T01:00", "28T11:00"),
        (NIGHTS, SATURDAY, "26T12:00", "28T15:00", "28T15:00"),
        (NIGHTS, SATURDAY, "28T12:00", "28T15:00", "28T15:00"),
        (NIGHTS, SATURDAY, "28T12:00", "28T23:30", None),
        (NIGHTS, SATURDAY, "28T12:00", "28T11:30", "28T12:00"),
        ({}, SATURDAY, "28T12:00", "29T00:00", None),
    ],
)
def test_a_day_begins_with_its_first_range_and_after_a_pause(
    hours: dict[str, str], day: date, now: str, until: str | None, opens: str | None
) -> None:
    found = schedule.opens_on(day, hours, ZONE, at(now).astimezone(UTC), until=at(until) if until else None)
    assert found == (at(opens) if opens else None)


def test_a_day_off_has_no_hours_but_those_of_the_night_before() -> None:
    nights = {"thu": "22:00-02:00", "fri": "11:00-23:00"}

    def opens(hours: dict[str, str], *off: date) -> datetime | None:
        return schedule.opens_on(FRIDAY, hours, ZONE, at("26T12:00"), off)

    assert opens(nights) == at("27T11:00")
    assert opens(nights, FRIDAY) == at("27T00:00"), "Thursday's range reaches into Friday"
    assert opens(nights, FRIDAY, THURSDAY) is None
    assert opens({}, FRIDAY) is None
    assert opens({}, THURSDAY) == at("27T00:00")


def test_of_a_day_counts_only_what_is_still_to_come() -> None:
    hours = {"mon": "09:00-22:00", "sat": "09:00-22:00"}

    def closed(now: str, until: str | None = None) -> object:
        refused = schedule.closed("2026-11-28", hours, ZONE, at(now), until=at(until) if until else None)
        return refused and refused.more

    assert closed("28T08:00") is closed("28T21:59") is closed("28T15:00", "28T21:00") is None
    monday = {"opens_at": "2026-11-30T09:00:00+03:00"}
    assert closed("28T22:00") == closed("28T23:30") == closed("28T15:00", "28T22:30") == monday

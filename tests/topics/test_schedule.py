"""Times that an order is asked for, at the ends of what a date can be."""

from datetime import UTC, datetime

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

"""Hours that were kept before they were checked: they are read, so that no list and no order fails on them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from topics.values import opening_hours as hours

ISTANBUL = ZoneInfo("Europe/Istanbul")
FRIDAY, SATURDAY = datetime(2026, 11, 27, 4, tzinfo=ISTANBUL), datetime(2026, 11, 28, 4, tzinfo=ISTANBUL)


@pytest.mark.parametrize("text", ["11:00-11:00", "always", ""])
def test_a_day_that_cannot_be_read_counts_as_a_whole_day(text: str) -> None:
    kept = {"fri": text}
    assert hours.is_open(kept, "Europe/Istanbul", FRIDAY)
    assert not hours.is_open(kept, "Europe/Istanbul", SATURDAY)
    assert hours.opens_at(kept, "Europe/Istanbul", SATURDAY) == datetime(2026, 12, 4, tzinfo=ISTANBUL)


def test_a_week_that_can_be_read_is_what_was_said() -> None:
    said = {"mon": "11:30-14:00,18:30-21:00", "fri": "22:00-02:00"}
    assert hours.week(said) == hours.spans(said)
    with pytest.raises(ValueError, match="11:00"):
        hours.spans({"fri": "11:00-11:00"})

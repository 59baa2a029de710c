"""The times of events, as headers say them."""

from datetime import UTC, datetime

import pytest

from topics.messages.event import time_of
from topics.messages.message import Undecodable


@pytest.mark.parametrize("said", ["2026-03-01T18:30:00Z", "2026-03-01T21:30:00+03:00", "2026-03-01T18:30:00.000+00:00"])
def test_a_time_has_a_zone(said: str) -> None:
    assert time_of(said) == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


@pytest.mark.parametrize("said", ["", "2026-03-01", "2026-03-01T18:30:00", "noon", "1772389800"])
def test_what_is_no_time_or_has_no_zone_is_refused(said: str) -> None:
    with pytest.raises(Undecodable, match="ce_time: is not an RFC 3339 time"):
        time_of(said)

"""Which days the figures of a restaurant are of (topics/documents/analytics.py). Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from topics.values.faults import Fault

MOST_DAYS = 31
"""Of one report."""
FROM, TO = date(2020, 1, 1), date(2099, 12, 31)
_RANGE = f"is not from {FROM} to {TO}"
_WEEK = timedelta(days=6)


class Days(NamedTuple):
    """Both included, in the time zone."""

    first: date
    last: date
    time_zone: str

    @property
    def begin(self) -> datetime:
        """UTC."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """UTC; the first moment that is not in them any more."""
        return self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


def days_of(first: date | None, last: date | None, time_zone: str, now: datetime) -> Days:
    """now: UTC. Of days without faults, see topics.contracts.analytics_commands.ComputeReport."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if last is None:
        last = today if first is None else max(first, min(today, first + timedelta(days=MOST_DAYS - 1)))
    return Days(last - _WEEK if first is None else first, last, time_zone)


def faults_of(first: date | None, last: date | None) -> list[Fault]:
    """Every reason why there is no such span of days."""
    found = [Fault(name, _RANGE) for name, day in (("from", first), ("to", last)) if day and not FROM <= day <= TO]
    if first is not None and last is not None and not found:
        if first > last:
            found.append(Fault("to", "is before `from`"))
        elif (last - first).days >= MOST_DAYS:
            found.append(Fault("to", f"a report is of at most {MOST_DAYS} days"))
    return found

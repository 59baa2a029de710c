"""Which days the figures of a restaurant are of (topics/documents/analytics.py). Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from topics.contracts.analytics_commands import MOST_DAYS, ComputeReport
from topics.values.faults import Fault

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


def days_of(command: ComputeReport, time_zone: str, now: datetime) -> Days:
    """now: UTC. Of a command without faults."""
    today = now.astimezone(ZoneInfo(time_zone)).date()
    if command.last is not None:
        last = command.last
    elif command.first is not None:
        last = max(command.first, min(today, command.first + timedelta(days=MOST_DAYS - 1)))
    else:
        last = today
    return Days(last - _WEEK if command.first is None else command.first, last, time_zone)


def faults_of(first: date | None, last: date | None) -> list[Fault]:
    """Every reason why there is no such span of days."""
    found = [Fault(name, _RANGE) for name, day in (("from", first), ("to", last)) if day and not FROM <= day <= TO]
    if first is not None and last is not None and not found:
        if first > last:
            found.append(Fault("to", "is before `from`"))
        elif (last - first).days >= MOST_DAYS:
            found.append(Fault("to", f"a report is of at most {MOST_DAYS} days"))
    return found

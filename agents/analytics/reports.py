"""The state of a restaurant's reports: how many were given in this hour."""

from datetime import datetime, timedelta

import msgspec

MOST_AN_HOUR = 120
"""A page that asks every half minute."""


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """since: begin of the hour in which reports are counted. given: in it."""

    since: datetime | None = None
    given: int = 0

    def exhausted(self, now: datetime) -> bool:
        return self._counts(now) and self.given >= MOST_AN_HOUR

    def with_one(self, now: datetime) -> "Reports":
        return Reports(since=self.since, given=self.given + 1) if self._counts(now) else Reports(since=now, given=1)

    def _counts(self, now: datetime) -> bool:
        return self.since is not None and now < self.since + timedelta(hours=1)

"""Asks Elasticsearch for the figures of a report, before it is decided on. Bounded in time: where the server does not answer,
the report is refused, and nobody behind it waits."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from agents.analytics.facts import Facts
from agents.analytics.figures import asked, report_of
from agents.analytics.reports import Reports
from stores.errors import Unavailable
from stores.protocol import DomainStore, Source
from topics.contracts import analytics_commands
from topics.contracts.analytics_commands import ComputeReport
from topics.copies import RESTAURANTS, RestaurantCopy
from topics.deciding.days import Days, days_of, faults_of
from topics.documents.analytics import Report
from topics.messages import headers as named

ANSWER = 1.5  # seconds; the edge waits for two

AWAY = "The figures cannot be read right now. Orders are not concerned; please try again in a minute."
BEGINS = "The figures are being computed for the first time, or again, please try again in a minute."


class Searches(Protocol):
    """See stores.elastic.daily.Daily."""

    async def search(
        self, first: date, last: date, body: Mapping[str, Any], seconds: float
    ) -> Mapping[str, Any] | None: ...
    def kept_since(self) -> date: ...


class Analyst:
    """The preparation (agents.runtime.deciding.preparing.Preparation) of analytics. lost: days of which facts are gone."""

    def __init__(self, searches: Searches, store: DomainStore, lost: Callable[[], Sequence[date]]) -> None:
        self._searches = searches
        self._store = store
        self._lost = lost

    def heavy(self, command: ComputeReport) -> bool:
        return False

    async def prepare(
        self, command: ComputeReport, aggregate_id: str, state: Reports, headers: Mapping[str, str], now: datetime,
        command_id: str,
    ) -> Report | str | None:  # fmt: skip
        """What the decider takes for context.prepared. Nothing is asked for strangers and for those who had too many. Raises
        Doubt where the own store is away."""
        if state.exhausted(now) or faults_of(command.first, command.last):
            return ""
        restaurant = await self._restaurant(command.restaurant_id, headers.get(named.CALLER))
        if restaurant is None:
            return None
        days = days_of(command.first, command.last, restaurant.time_zone, now)
        try:
            async with asyncio.timeout(ANSWER):
                return await self._report(command.restaurant_id, days)
        except (Unavailable, TimeoutError):
            return AWAY

    async def _restaurant(self, restaurant_id: str, caller: str | None) -> RestaurantCopy | None:
        key = RESTAURANTS.name, restaurant_id
        found = (await self._store.look([_ANY], facts=[key])).facts.get(key)
        if found is None or found.body is None:
            return None
        return Facts({restaurant_id: RESTAURANTS.form.decode(found.body)}).owned(restaurant_id, caller)

    async def _report(self, restaurant_id: str, days: Days) -> Report | str:
        last = (days.end - timedelta(microseconds=1)).date()
        found = await self._searches.search(days.begin.date(), last, asked(restaurant_id, days), ANSWER)
        if found is None:
            return BEGINS
        return report_of(restaurant_id, days, found, self._missing(days, found))

    def _missing(self, days: Days, found: Mapping[str, Any]) -> str | None:
        """What is not in the figures."""
        kept, missing = self._searches.kept_since(), list[str]()
        if found.get("timed_out") or found.get("_shards", {}).get("failed"):
            missing.append("A part of the orders could not be read in time.")
        if days.begin.date() < kept:
            missing.append(f"Orders before {kept} are not kept.")
        lost = [str(day) for day in self._lost() if days.begin.date() <= day <= days.end.date()]
        if lost:
            missing.append(f"Orders of {', '.join(lost)} are missing until an engineer has them computed again.")
        return " ".join(missing) or None


_ANY = Source(f"{analytics_commands.TOPIC.domain}.decide", analytics_commands.TOPIC.name, 0)
"""A look is of some source; facts are those of the domain."""

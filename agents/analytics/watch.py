"""Watches that no index of order facts is deleted: its day would be missing in all reports, and nothing would say so."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import date
from typing import NoReturn, Protocol

import structlog

from stores.errors import Unavailable

log = structlog.get_logger()

REST = 60.0  # seconds between two looks
TOLD = 5  # days, at most, in one line
REPAIR = "./lezzet analytics rebuild --yes"


class Indices(Protocol):
    """See stores.elastic.daily.Daily. Raises Unavailable."""

    async def lost(self) -> Sequence[date]: ...


class Watch:
    """days: of which facts are gone, as far as is known."""

    def __init__(self, indices: Indices, rest: float = REST) -> None:
        self._indices = indices
        self._rest = rest
        self.days: Sequence[date] = ()

    async def run(self) -> NoReturn:
        while True:
            with contextlib.suppress(Unavailable):  # the group that writes says so
                await self.look()
            await asyncio.sleep(self._rest)

    async def look(self) -> None:
        """Raises Unavailable."""
        before, self.days = self.days, await self._indices.lost()
        if self.days and self.days != before:
            log.error("order_facts_lost", days=[str(day) for day in self.days], repair=REPAIR)
        elif before and not self.days:
            log.info("order_facts_whole_again")

    def away(self) -> str | None:
        """For /health/ready."""
        if not self.days:
            return None
        more = f" and {len(self.days) - TOLD} more" if len(self.days) > TOLD else ""
        return f"the index of {', '.join(map(str, self.days[:TOLD]))}{more} was deleted: {REPAIR}"

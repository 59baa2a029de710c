"""Removes the indices of days that are not kept any more, and of generations that are gone."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

log = structlog.get_logger()

REST = 600.0  # seconds between two looks: days end rarely


class Indices(Protocol):
    """See stores.elastic.daily.Daily. Raises Unavailable."""

    async def remove_old(self) -> Sequence[str]: ...


class Retention:
    def __init__(self, indices: Indices, rest: float = REST) -> None:
        self._indices = indices
        self._rest = rest
        self._rests_until = 0.0

    async def round(self) -> bool:
        """Never has more to do at once. Raises Doubt."""
        now = asyncio.get_running_loop().time
        if now() >= self._rests_until:
            removed = await self._indices.remove_old()
            if removed:
                log.info("old_order_facts_removed", indices=list(removed))
            self._rests_until = now() + self._rest
        return False

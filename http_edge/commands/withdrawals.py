"""The edge's half of a command's fate: what it has withdrawn never happens, and what it has promised (202) is not withdrawn
any more, by no other request with the same Idempotency-Key either."""

import asyncio
import contextlib

from http_edge.routing.edge import Reads
from stores.errors import Unavailable
from topics import keys

WAIT_SECONDS = 0.4  # an edge that is short of CPU must not take a Redis that answers for one that is away
# Longer than the command may stand on its topic, where its domain may find it when it comes back: retention, the age of
# the segment (stores/kafka/admin.py), and a day more.
KEPT_SECONDS = 9 * 86_400
AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 120.0  # for a Redis that is away at the withdrawal
AT_ONCE = 16
MOST = 10_000  # withdrawals that wait


class Withdrawals:
    """Of one edge process."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._owed: dict[str, float] = {}
        # Kafka's outage brings hundreds at once; a pool that has no connection left is no outage of Redis.
        self._limits = asyncio.Semaphore(AT_ONCE)
        self._paying: asyncio.Task[None] | None = None

    async def withdraw(self, command_id: str) -> bool:
        """Whether it will not happen. False: its domain has taken it.

        While Redis is away nobody can take it either. The withdrawal is then owed, and made as soon as Redis is back:
        sooner than the domains, who wait longer between two tries.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._first(command_id)
        except (Unavailable, TimeoutError):
            self._owe(command_id)
            return True

    async def promise(self, command_id: str) -> bool:
        """For a command that is safe in Kafka. False: another request has withdrawn it."""
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._limits:
                fate = await self._reads.first(keys.fate(command_id), keys.TAKEN, KEPT_SECONDS)
        except (Unavailable, TimeoutError):
            return True
        return fate != keys.WITHDRAWN

    async def _first(self, command_id: str) -> bool:
        async with self._limits:
            return await self._reads.first(keys.fate(command_id), keys.WITHDRAWN, KEPT_SECONDS) != keys.TAKEN

    def _owe(self, command_id: str) -> None:
        if len(self._owed) < MOST:
            self._owed[command_id] = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        if self._paying is None or self._paying.done():
            self._paying = asyncio.create_task(self._pay())

    async def _pay(self) -> None:
        loop = asyncio.get_running_loop()
        while self._owed:
            await asyncio.sleep(AGAIN_SECONDS)
            for command_id, until in list(self._owed.items()):
                try:
                    await self._first(command_id)
                except Unavailable:
                    if loop.time() < until:
                        break
                del self._owed[command_id]

    async def stop(self) -> None:
        if self._paying is not None:
            self._paying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._paying

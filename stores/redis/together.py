"""Values that several tasks ask for in the same turn of the event loop, read in one round trip."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis


class Together:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._names = list[str]()  # of the keys that the next round trip asks for
        self._next: asyncio.Task[Sequence[Any]] | None = None

    async def mget(self, names: Sequence[str]) -> Sequence[Any]:
        """As Redis.mget. Raises what that raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask())  # runs after those that are about to run
        asking, first = self._next, len(self._names)
        self._names += names
        # Whoever is cancelled gives up its own part only.
        return (await asyncio.shield(asking))[first : first + len(names)]

    async def _ask(self) -> Sequence[Any]:
        names, self._names, self._next = self._names, [], None
        return await self._redis.mget(names)

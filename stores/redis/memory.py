"""How full Redis is. At its limit it refuses every write: no domain decides then, and each write is answered 202 or 503."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from stores.ending import end
from stores.telemetry import logger

LOOK_SECONDS = 1.0
ALARM = 0.8  # of maxmemory: from here on somebody has to look, before the wall
CALM = 0.75  # below this the next alarm is a new one
_PROBE = "memory:probe"

_log = logger("stores.redis.memory")


class Memory:
    """share: of maxmemory that is in use, 0.0 where there is no limit or nobody knows. refuses: Redis takes no writes for want
    of memory. alarm: share is above ALARM, or was and is not below CALM yet."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._looking: asyncio.Task[None] | None = None
        self.share = 0.0
        self.refuses = False
        self.alarm = False

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look_again_and_again(), name="redis memory")

    async def stop(self) -> None:
        if self._looking is not None:
            await end(self._looking)

    async def look(self) -> None:
        """Asks, and tries a write. Raises RedisError, OSError."""
        try:
            await self._client.set(_PROBE, "1", ex=60)
        except OutOfMemoryError:
            self._found(refuses=True)
        else:
            self._found(refuses=False)
        told = cast(Mapping[str, Any], await self._client.info("memory"))
        limit = int(told.get("maxmemory", 0))
        self.share = int(told["used_memory"]) / limit if limit else 0.0
        self._weigh()

    def _found(self, *, refuses: bool) -> None:
        if refuses and not self.refuses:
            _log.error("redis refuses writes: its memory is full, nothing is decided until there is room")
        self.refuses = refuses

    def _weigh(self) -> None:
        before, self.alarm = self.alarm, self.share >= (CALM if self.alarm else ALARM)
        if self.alarm and not before:
            _log.warning("redis is nearly full: at its limit it takes no writes", share=round(self.share, 3))

    async def _look_again_and_again(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

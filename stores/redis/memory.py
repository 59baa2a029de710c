"""How full a Redis is. At its limit it refuses every write. Where it holds the views, no domain decides then, and each write is
answered 202 or 503. Where it holds the baskets, no basket is decided."""

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
    of memory. alarm: share is above ALARM, or was and is not below CALM yet.

    server: its name in the log. tries: whether it writes to find out about `refuses`; else that stays False, and nothing is
    written to the disk of a server that writes each change through.
    """

    def __init__(self, client: Redis, server: str = "redis", *, tries: bool = True) -> None:
        self._client = client
        self._server = server
        self._tries = tries
        self._looking: asyncio.Task[None] | None = None
        self.share = 0.0
        self.refuses = False
        self.alarm = False

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look_again_and_again(), name=f"memory of {self._server}")

    async def stop(self) -> None:
        if self._looking is not None:
            await end(self._looking)

    async def look(self) -> None:
        """Asks. Raises RedisError, OSError."""
        if self._tries:
            await self._try_a_write()
        told = cast(Mapping[str, Any], await self._client.info("memory"))
        limit = int(told.get("maxmemory", 0))
        self.share = int(told["used_memory"]) / limit if limit else 0.0
        self._weigh()

    async def _try_a_write(self) -> None:
        try:
            await self._client.set(_PROBE, "1", ex=60)
        except OutOfMemoryError:
            self._found(refuses=True)
        else:
            self._found(refuses=False)

    def _found(self, *, refuses: bool) -> None:
        if refuses and not self.refuses:
            _log.error(
                "a Redis refuses writes: its memory is full, nothing is decided until there is room",
                server=self._server,
            )
        self.refuses = refuses

    def _weigh(self) -> None:
        before, self.alarm = self.alarm, self.share >= (CALM if self.alarm else ALARM)
        if self.alarm and not before:
            share = round(self.share, 3)
            _log.warning("a Redis is nearly full: at its limit it takes no writes", server=self._server, share=share)

    async def _look_again_and_again(self) -> None:
        while True:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

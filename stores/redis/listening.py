"""A pubsub connection that is made again when it breaks, or when the server does not answer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from stores.ending import end
from stores.telemetry import logger

BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
IDLE_SECONDS = 2.0  # after so long without a message the server is pinged
DEAD_SECONDS = 3.0  # for its answer; then the connection is given up

_log = logger("stores.redis.listening")


class Listening:
    """Listens to one channel. hear: gets the bytes of each message.

    catch_up: runs after every connect and reconnect, before the next message: it makes good what was missed meanwhile. May
    raise RedisError.
    """

    def __init__(
        self, client: Redis, channel: str, hear: Callable[[bytes], None], catch_up: Callable[[], Awaitable[None]]
    ) -> None:
        self._client = client
        self._channel = channel
        self._hear = hear
        self._catch_up = catch_up
        self._listener: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen_for_ever(), name=f"listening to {self._channel}")

    async def stop(self) -> None:
        if self._listener is not None:
            await end(self._listener)

    async def _listen_for_ever(self) -> None:
        tries = 0
        while True:
            pubsub = self._client.pubsub()
            try:
                await pubsub.subscribe(self._channel)
                await self._confirmed(pubsub)
                tries = 0
                await self._catch_up()
                await self._listen(pubsub)
            except (RedisError, OSError, TimeoutError) as error:
                if tries == 0:
                    name = type(error).__name__
                    _log.warning("nothing is heard for now, redis is away", channel=self._channel, error=name)
                await asyncio.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
                tries += 1
            finally:
                self.connected = False
                with contextlib.suppress(Exception):
                    await cast(Awaitable[None], pubsub.aclose())

    async def _confirmed(self, pubsub: PubSub) -> None:
        async with asyncio.timeout(DEAD_SECONDS):
            while (await _next(pubsub, DEAD_SECONDS) or {}).get("type") != "subscribe":
                pass
        self.connected = True

    async def _listen(self, pubsub: PubSub) -> None:
        asked = False
        while True:
            message = await _next(pubsub, IDLE_SECONDS)
            if message is None:
                if asked:
                    raise TimeoutError
                await asyncio.wait_for(pubsub.ping(), DEAD_SECONDS)
                asked = True
                continue
            asked = False
            if message["type"] == "message":
                self._hear(message["data"])


async def _next(pubsub: PubSub, seconds: float) -> dict[str, Any] | None:
    return cast(dict[str, Any] | None, await pubsub.get_message(timeout=seconds))

"""Replies of the domains, as one edge process hears them: its own channel, and the stored copy of what it missed."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from stores.ending import end
from stores.errors import Unavailable
from stores.telemetry import logger
from topics import keys
from topics.reply import DECODER, Reply

BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
IDLE_SECONDS = 2.0  # a connection that is silent so long is asked whether it lives
DEAD_SECONDS = 3.0  # and one that does not answer is given up

_log = logger("stores.redis.answers")


class Answers:
    """Futures by operation id. The connection is kept for ever; a reconnect looks at the stored replies once."""

    def __init__(self, client: Redis, edge_id: str) -> None:
        self._client = client
        self._channel = keys.reply_channel(edge_id)
        self._expected: dict[str, asyncio.Future[Reply]] = {}
        self._listener: asyncio.Task[None] | None = None
        self.connected = False

    def start(self) -> None:
        self._listener = asyncio.create_task(self._listen_for_ever(), name="replies")

    async def stop(self) -> None:
        if self._listener is not None:
            await end(self._listener)

    def expect(self, operation_id: str) -> asyncio.Future[Reply]:
        """Before the command goes out. Two requests for one operation (same Idempotency-Key) share the future."""
        future = self._expected.get(operation_id)
        if future is None:
            future = self._expected[operation_id] = asyncio.get_running_loop().create_future()
        return future

    def forget(self, operation_id: str) -> None:
        self._expected.pop(operation_id, None)

    async def stored(self, operation_id: str) -> Reply | None:
        """The reply as Redis keeps it for 24 h. Raises Unavailable. Bound it by a timeout."""
        try:
            value = cast(bytes | None, await self._client.get(keys.reply(operation_id)))
        except (RedisError, OSError) as error:
            raise Unavailable("redis", type(error).__name__) from error
        return None if value is None else DECODER.decode(value)

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
                    _log.warning("no replies for now, redis is away", error=type(error).__name__)
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

    async def _catch_up(self) -> None:
        """What was published while nobody listened."""
        operations = list(self._expected)
        if operations:
            values = cast(list[bytes | None], await self._client.mget([keys.reply(each) for each in operations]))
            for value in values:
                if value is not None:
                    self._hear(value)

    def _hear(self, data: bytes) -> None:
        try:
            reply = DECODER.decode(data)
        except (msgspec.MsgspecError, UnicodeError) as error:
            _log.error("a reply that is none", error=str(error))
            return
        future = self._expected.get(reply.operation_id)
        if future is not None and not future.done():
            future.set_result(reply)


async def _next(pubsub: PubSub, seconds: float) -> dict[str, Any] | None:
    return cast(dict[str, Any] | None, await pubsub.get_message(timeout=seconds))

"""Receives the domains' replies in an edge process: on its own channel, and from their stored copies after a reconnect."""

import asyncio
from collections import Counter
from typing import cast

import msgspec
from redis.asyncio import Redis

from stores.redis.listening import Listening
from stores.telemetry import logger
from topics import keys
from topics.messages.reply import DECODER, Reply

_log = logger("stores.redis.answers")


class Answers:
    """Futures of replies, by operation id."""

    def __init__(self, client: Redis, edge_id: str) -> None:
        self._client = client
        self._expected: dict[str, asyncio.Future[Reply]] = {}
        self._asking = Counter[str]()  # requests that expect it, by operation
        self._listening = Listening(client, keys.reply_channel(edge_id), self._hear, self._catch_up)

    def start(self) -> None:
        self._listening.start()

    async def stop(self) -> None:
        await self._listening.stop()

    @property
    def connected(self) -> bool:
        return self._listening.connected

    def expect(self, operation_id: str) -> asyncio.Future[Reply]:
        """To be called before the command is sent. Two requests for one operation (same Idempotency-Key) share the future."""
        future = self._expected.get(operation_id)
        if future is None:
            future = self._expected[operation_id] = asyncio.get_running_loop().create_future()
        self._asking[operation_id] += 1
        return future

    def forget(self, operation_id: str) -> None:
        """To be called once for each `expect`."""
        self._asking[operation_id] -= 1
        if self._asking[operation_id] <= 0:
            del self._asking[operation_id]
            self._expected.pop(operation_id, None)

    async def _catch_up(self) -> None:
        """Reads the stored copies of replies that may have been published while the connection was lost."""
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

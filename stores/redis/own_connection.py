"""A connection beside the client's pool: one call at a time, without the cost of the pool.

redis-py connects and logs in; from then on the server's bytes come here, past its streams and time-outs
(docs/decisions/104-a-read-has-no-task-of-its-own.md).
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, cast

from hiredis import Reader, pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection, DefaultParser
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

Word = str | bytes | int

_MORE = object()  # an answer is not complete


class OwnConnection:
    """Made at its first use, and anew after a failure."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection: AbstractConnection | None = None
        self._answers = _Answers()

    async def call(self, *words: Word) -> Any:
        """The answer to a command. Raises RedisError and OSError."""
        (answer,) = await self.calls((words,))
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    async def calls(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """The answers to several commands, which go out together; a ResponseError in place of one that is refused. Raises
        RedisError and OSError, within the client's time-outs."""
        try:
            if self._answers.lost:
                await self._connect()
            answers = await self._answers.to(commands)
            if (broken := next((each for each in answers if isinstance(each, ConnectionLost)), None)) is not None:
                raise broken  # e.g. while the server loads its data
            return answers
        except (
            BaseException
        ):  # also where the wait was cancelled: an answer that nobody has read would be taken for the next one
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        self._answers = _Answers()
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.disconnect(nowait=True)

    async def _connect(self) -> None:
        await self.close()
        self._connection = self._client.connection_pool.make_connection()
        await self._connection.connect()
        writer = self._connection._writer  # pyright: ignore[reportPrivateUsage]
        assert writer is not None
        self._answers.take_over(writer.transport, self._connection.socket_timeout)


class _Answers(asyncio.Protocol):
    """What the server says on one connection, which is asked one thing at a time. lost: nothing can be asked of it."""

    def __init__(self) -> None:
        self.lost = True
        self._parser = Reader(
            protocolError=InvalidResponse, replyError=DefaultParser.parse_error, notEnoughData=_MORE
        )  # no encoding: texts stay bytes
        self._found: list[Any] = []
        self._missing = 0
        self._done: asyncio.Future[list[Any]] | None = None

    def take_over(self, transport: asyncio.WriteTransport, seconds: float | None) -> None:
        """seconds: for the answers to what is asked at once."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._seconds = seconds
        transport.set_protocol(self)
        self.lost = False

    async def to(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Raises RedisError."""
        self._found, self._missing = [], len(commands)
        self._done = self._loop.create_future()
        late = None if self._seconds is None else self._loop.call_later(self._seconds, self._late)
        # redis-py packs in Python, which takes 2 µs a word
        self._transport.write(b"".join([pack_command(cast(Any, tuple(each))) for each in commands]))
        try:
            return await self._done
        finally:
            if late is not None:
                late.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed(data)
            while self._missing and (answer := self._parser.gets()) is not _MORE:
                self._missing -= 1
                self._found.append(answer)
        except RedisError as error:
            return self._fail(error)
        if not self._missing and self._done is not None and not self._done.done():
            self._done.set_result(self._found)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._fail(ConnectionLost("the server has closed the connection"))

    def _late(self) -> None:
        self._fail(RedisTimeout(f"no answer within {self._seconds} s"))

    def _fail(self, error: RedisError) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

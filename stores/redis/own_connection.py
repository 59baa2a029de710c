"""A connection beside the client's pool, without the cost of the pool. Calls take turns on it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from stores.redis.taken_over import Said, TakenOver, Word, take_over


class OwnConnection:
    """Made at its first use, and anew after a failure."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection: TakenOver | None = None
        self._answers = _Answers()
        self._turn = (
            asyncio.Lock()
        )  # answers come in the order of the questions, and _Answers waits for those of one call

    async def call(self, *words: Word) -> Any:
        """The answer to a command. Raises RedisError and OSError."""
        (answer,) = await self.calls((words,))
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    async def calls(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """The answers to several commands, which go out together; a ResponseError in place of one that is refused. Raises
        RedisError and OSError, within the client's time-outs for each call that came before."""
        async with self._turn:
            return await self._in_turn(commands)

    async def _in_turn(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        try:
            if self._connection is None or self._answers.lost:
                await self.close()
                self._connection = await take_over(self._client, self._answers)
            answers = await self._answers.to(commands, self._connection)
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
            await connection.close()


class _Answers(asyncio.Protocol):
    """What the server answers on one connection, which is asked one thing at a time. lost: it has ended."""

    def __init__(self) -> None:
        self.lost = False
        self._said = Said()
        self._found: list[Any] = []
        self._count = 0
        self._done: asyncio.Future[list[Any]] | None = None

    async def to(self, commands: Sequence[Sequence[Word]], connection: TakenOver) -> list[Any]:
        """Raises RedisError."""
        loop = asyncio.get_running_loop()
        self._found, self._count = [], len(commands)
        self._done = loop.create_future()
        late = None if connection.seconds is None else loop.call_later(connection.seconds, self._late)
        connection.send(commands)
        try:
            return await self._done
        finally:
            if late is not None:
                late.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._found += self._said.heard(data)
        except RedisError as error:
            return self._fail(error)
        if len(self._found) >= self._count and self._done is not None and not self._done.done():
            self._done.set_result(self._found)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._fail(ConnectionLost("the server has closed the connection"))

    def _late(self) -> None:
        self._fail(RedisTimeout("no answer in time"))

    def _fail(self, error: RedisError) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

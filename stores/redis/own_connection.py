"""A connection beside the client's pool: one command at a time, without the cost of the pool."""

import contextlib
from collections.abc import Sequence
from typing import Any, cast

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

Word = str | bytes | int


class OwnConnection:
    """Made at its first use, and anew after a failure."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection: AbstractConnection | None = None

    async def call(self, *words: Word) -> Any:
        """The answer to a command. Raises RedisError and OSError."""
        (answer,) = await self.calls((words,))
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    async def calls(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """The answers to several commands, which go out together; a ResponseError in place of one that is refused. Raises
        RedisError and OSError."""
        try:
            if self._connection is None:
                self._connection = self._client.connection_pool.make_connection()
                await self._connection.connect()
            # redis-py packs in Python, which takes 2 µs a word
            await self._connection.send_packed_command([pack_command(cast(Any, tuple(each))) for each in commands])
            return [await _answer(self._connection) for _ in commands]
        except (
            BaseException
        ):  # also where the wait was cancelled: an answer that nobody has read would be taken for the next one
            await self.close()
            raise

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.disconnect(nowait=True)


async def _answer(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as refused:  # an answer, too
        return refused

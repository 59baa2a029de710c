"""A connection beside the client's pool: one command at a time, without the cost of the pool."""

import contextlib
from typing import Any, cast

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError


class OwnConnection:
    """Made at its first use, and anew after a failure."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._connection: AbstractConnection | None = None

    async def call(self, *words: str | bytes | int) -> Any:
        """The answer to a command. Raises RedisError and OSError."""
        try:
            if self._connection is None:
                self._connection = self._client.connection_pool.make_connection()
                await self._connection.connect()
            # redis-py packs in Python, which takes 2 µs a word
            await self._connection.send_packed_command(pack_command(cast(Any, words)))
            return await self._connection.read_response()
        except ResponseError:  # an answer, too
            raise
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

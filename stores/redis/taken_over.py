"""Connections to Redis past redis-py's streams and time-outs: it connects and logs in, and from then on the server's bytes
go to a protocol of ours (docs/decisions/104-a-read-has-no-task-of-its-own.md)."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, cast

from hiredis import Reader, pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection, DefaultParser
from redis.exceptions import InvalidResponse

Word = str | bytes | int

_MORE = object()  # what the server says is not complete


class TakenOver:
    """seconds: of the client, for an answer; None: it has no bound."""

    def __init__(self, connection: AbstractConnection, transport: asyncio.WriteTransport) -> None:
        self._connection = connection
        self._transport = transport
        self.seconds = connection.socket_timeout

    def send(self, commands: Sequence[Sequence[Word]]) -> None:
        """All of them together."""
        # redis-py packs in Python, which takes 2 µs a word
        self._transport.write(b"".join([pack_command(cast(Any, tuple(each))) for each in commands]))

    async def close(self) -> None:
        """Raises nothing."""
        with contextlib.suppress(Exception):
            await self._connection.disconnect(nowait=True)


async def take_over(client: Redis, protocol: asyncio.Protocol) -> TakenOver:
    """A new connection, whose bytes go to `protocol`. Raises RedisError and OSError within the client's time-outs."""
    connection = client.connection_pool.make_connection()
    try:
        await connection.connect()
        writer = connection._writer  # pyright: ignore[reportPrivateUsage]
        assert writer is not None
        writer.transport.set_protocol(protocol)
    except BaseException:
        with contextlib.suppress(Exception):
            await connection.disconnect(nowait=True)
        raise
    return TakenOver(connection, writer.transport)


class Said:
    """What the server has said, one thing after the other. Texts are bytes, errors are exceptions of redis-py."""

    def __init__(self) -> None:
        self._reader = Reader(
            protocolError=InvalidResponse, replyError=DefaultParser.parse_error, notEnoughData=_MORE
        )  # no encoding: texts stay bytes

    def heard(self, data: bytes) -> Iterator[Any]:
        """What is complete now. Raises InvalidResponse."""
        self._reader.feed(data)
        while (said := self._reader.gets()) is not _MORE:
            yield said

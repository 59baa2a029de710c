"""Connections to Redis: short time-outs, and no retries in the driver (the callers retry)."""

import asyncio
from collections.abc import Iterable

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeout

from stores.redis.errors import translated

TIMEOUT = 2.0  # seconds


class _Sending(AbstractConnection):
    """Sends in the task of whoever asks.

    redis-py sends within `asyncio.wait_for`. That costs a task for each command, and in Python 3.11 it goes on as if
    nothing had happened where it is cancelled at the moment at which it ends.
    """

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise RedisTimeout(f"nothing could be sent within {limit} s") from None
        finally:
            self.socket_timeout = limit


class _Plain(_Sending, Connection):
    pass


class _Tls(_Sending, SSLConnection):
    pass


_OURS: dict[type[AbstractConnection], type[AbstractConnection]] = {Connection: _Plain, SSLConnection: _Tls}


def connect(url: str, *, timeout: float = TIMEOUT, connections: int = 32) -> Redis:
    """A client that opens nothing yet. Its answers are bytes. timeout: seconds to connect, and for an answer."""
    pool = ConnectionPool.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        max_connections=connections,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    pool.connection_class = _OURS.get(pool.connection_class, pool.connection_class)
    return Redis(connection_pool=pool)


async def ping(url: str) -> None:
    """Raises Unavailable."""
    client = connect(url)
    try:
        async with translated():
            await client.ping()
    finally:
        await client.aclose()

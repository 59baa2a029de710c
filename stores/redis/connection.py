"""Connections to Redis: short time-outs, and no retries in the driver (the callers retry)."""

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from stores.redis.errors import translated

TIMEOUT = 2.0  # seconds


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
    return Redis(connection_pool=pool)


async def ping(url: str) -> None:
    """Raises Unavailable."""
    client = connect(url)
    try:
        async with translated():
            await client.ping()
    finally:
        await client.aclose()

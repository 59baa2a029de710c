"""Where baskets stand in a bench: on Redis, as in the product, or in PostgreSQL, as most other domains."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, cast

import asyncpg

from infra.layout.site import Endpoints
from stores.redis.connection import connect


class Place(NamedTuple):
    """runs: before the module of the product that is run. versions: the sum over all baskets, which goes up by one with each
    change. written: id of a command → seconds since the epoch when it was entered into the inbox."""

    name: str
    server: str
    runs: tuple[str, ...]
    versions: Callable[[Endpoints], Awaitable[int]]
    written: Callable[[Endpoints], Awaitable[dict[str, float]]]


async def _versions_in_redis(at: Endpoints) -> int:
    redis = connect(at.redis_baskets)
    try:
        states = cast("AsyncIterator[tuple[bytes, bytes]]", redis.hscan_iter("{basket}:state", count=1000))
        return sum([int(state.partition(b"\n")[0]) async for _, state in states])
    finally:
        await redis.aclose()


async def _written_in_redis(at: Endpoints) -> dict[str, float]:
    redis = connect(at.redis_baskets)
    try:
        entries = cast("list[tuple[bytes, float]]", await redis.zrange("{basket}:inbox:at", 0, -1, withscores=True))
        return {name.partition(b"\0")[2].decode(): float(at) / 1000 for name, at in entries}
    finally:
        await redis.aclose()


async def _versions_in_postgres(at: Endpoints) -> int:
    connection = await asyncpg.connect(at.postgres)
    try:
        return await connection.fetchval("select coalesce(sum(version), 0)::bigint from basket.aggregate")
    finally:
        await connection.close()


async def _written_in_postgres(at: Endpoints) -> dict[str, float]:
    connection = await asyncpg.connect(at.postgres)
    try:
        rows = await connection.fetch("select id, extract(epoch from at)::float8 as at from basket.inbox")
    finally:
        await connection.close()
    return {row["id"]: row["at"] for row in rows}


_MODULE = (sys.executable, "-m")
REDIS = Place("Redis", "redis-baskets", _MODULE, _versions_in_redis, _written_in_redis)
POSTGRES = Place(
    "PostgreSQL",
    "postgres",
    (*_MODULE, "infra.bench.commands.on_postgres"),
    _versions_in_postgres,
    _written_in_postgres,
)

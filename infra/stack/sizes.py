"""How much each server holds."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

from infra.stack.stack import Stack
from stores.redis.connection import connect

MB = 1e6
ON_DISK = {"postgres": "postgres/cluster/base", "kafka": "kafka/logs", "mongo": "mongo"}
"""Server → where its data lie. PostgreSQL's log of changes lies elsewhere, and has a bound of its own."""


async def memory(url: str) -> int:
    """Bytes that a Redis uses."""
    redis = connect(url)
    try:
        return int((await redis.info("memory"))["used_memory"])
    finally:
        await redis.aclose()


async def held(stack: Stack) -> Mapping[str, float]:
    """Server → megabytes: of a Redis in memory, of the others on disk."""
    at, root = stack.endpoints, stack.site.data.root
    found = {"redis": await memory(at.redis), "redis-baskets": await memory(at.redis_baskets)}
    for server, folder in ON_DISK.items():
        found[server] = await asyncio.to_thread(_on_disk, root / folder)
    return {server: round(of / MB, 1) for server, of in found.items()}


def _on_disk(folder: Path) -> int:
    """Bytes of its blocks: Kafka makes its index files longer than what is in them."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(where) / name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue  # a server removed it meanwhile
    return total

"""Decides whether a command is done: either its domain takes it, or the edge withdraws it. Who sets its key first, wins."""

from collections.abc import Sequence

from redis.asyncio import Redis

from stores.redis.errors import translated
from topics import keys

# KEYS: one for each command. ARGV: value of one that is taken, seconds until it expires.
_TAKE = """
local before = {}
for i, name in ipairs(KEYS) do before[i] = redis.call('SET', name, ARGV[1], 'EX', ARGV[2], 'NX', 'GET') end
return before
"""


class Fates:
    """The domains' half. The edge's is http_edge/commands/withdrawals.py."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._take = redis.register_script(_TAKE)

    async def take(self, ids: Sequence[str]) -> set[str]:
        """From here on the edge cannot withdraw these. Returns the ids that it has withdrawn before. Raises Unavailable."""
        async with translated():
            before = await self._take(keys=[keys.fate(id) for id in ids], args=[keys.TAKEN, keys.TAKEN_SECONDS])
        return _withdrawn(ids, before)

    async def withdrawn(self, ids: Sequence[str]) -> set[str]:
        """Those that the edge has withdrawn, without taking any. Raises Unavailable."""
        if not ids:
            return set()
        async with translated():
            return _withdrawn(ids, await self._redis.mget([keys.fate(id) for id in ids]))


def _withdrawn(ids: Sequence[str], fates: Sequence[object]) -> set[str]:
    return {id for id, fate in zip(ids, fates, strict=True) if fate == keys.WITHDRAWN}

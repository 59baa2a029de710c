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
        self._take = redis.register_script(_TAKE)

    async def take(self, ids: Sequence[str]) -> set[str]:
        """From here on the edge cannot withdraw these. Returns the ids that it has withdrawn before. Raises Unavailable."""
        async with translated():
            before = await self._take(keys=[keys.fate(id) for id in ids], args=[keys.TAKEN, keys.TAKEN_SECONDS])
        return {id for id, fate in zip(ids, before, strict=True) if fate == keys.WITHDRAWN}

"""The one word on whether a command is done: its domain takes it, or the edge withdraws it, whoever comes first."""

from collections.abc import Sequence

from redis.asyncio import Redis

from stores.redis.errors import translated
from topics import keys


class Fates:
    """The domains' half. The edge's is http_edge/withdrawals.py."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def take(self, ids: Sequence[str]) -> set[str]:
        """From here on the edge withdraws none of these. Returns those that it has withdrawn before. Raises Unavailable."""
        pipe = self._redis.pipeline(transaction=False)
        for id in ids:
            pipe.set(keys.fate(id), keys.TAKEN, ex=keys.TAKEN_SECONDS, nx=True, get=True)
        async with translated():
            before = await pipe.execute()
        return {id for id, fate in zip(ids, before, strict=True) if fate == keys.WITHDRAWN}

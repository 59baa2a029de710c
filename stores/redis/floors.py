"""How far the views have come, as the views' own store says it; and making them begin again."""

from collections.abc import Sequence

from redis.asyncio import Redis

from stores.protocol import Source
from stores.redis.errors import translated
from topics import keys


class ViewFloors:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self, sources: Sequence[Source]) -> dict[Source, int]:
        """Next offset to do; sources that have none are missing."""
        if not sources:
            return {}
        async with translated():
            values = await self._redis.mget([keys.floor(*source) for source in sources])
        return {source: int(value) for source, value in zip(sources, values, strict=True) if value is not None}

    async def forget(self, sources: Sequence[Source]) -> int:
        """Without its floor a view is built again from where the log begins. Returns how many there were."""
        if not sources:
            return 0
        async with translated():
            return await self._redis.delete(*(keys.floor(*source) for source in sources))

"""Floors of the views, for the engineers' tools: reads them, and deletes them so that the views are built again."""

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
        """Source → next offset to do, for those that have a floor."""
        if not sources:
            return {}
        async with translated():
            values = await self._redis.mget([keys.floor(*source) for source in sources])
        return {source: int(value) for source, value in zip(sources, values, strict=True) if value is not None}

    async def forget(self, sources: Sequence[Source]) -> int:
        """Deletes floors, so that the views are built again from the beginning of the log. Returns how many there were."""
        if not sources:
            return 0
        async with translated():
            return await self._redis.delete(*(keys.floor(*source) for source in sources))

"""Documents of a view's generation, for engineers who compare them with what they should be. Nothing is written."""

from collections.abc import AsyncIterator, Sequence
from typing import cast

from redis.asyncio import Redis

from stores.redis.errors import translated
from topics import keys

_BITE = 1_000


class ViewDocuments:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def of(self, view: str, tag: str, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        """Version and JSON by aggregate id, of those that are there; an empty JSON is a document that is no longer shown."""
        if not ids:
            return {}
        async with translated():
            names = [keys.in_generation(keys.document(view, id), tag) for id in ids]
            found = cast(list[bytes | None], await self._redis.mget(names))
        return {id: keys.split(value) for id, value in zip(ids, found, strict=True) if value is not None}

    async def ids(self, view: str, tag: str) -> AsyncIterator[list[str]]:
        """Ids of all aggregates with a document, some at a time. One may come twice; one that is added meanwhile may lack."""
        start, cursor = keys.in_generation(keys.document(view, ""), tag), 0
        while True:
            async with translated():
                said = await self._redis.scan(cursor, match=f"{start}*", count=_BITE)
            cursor, names = cast(tuple[int, list[bytes]], said)
            yield [name.decode().removeprefix(start) for name in names]
            if not cursor:
                return

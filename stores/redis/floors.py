"""Floors of the views, for the engineers' tools: how far they are, and beginning again with a topic that was made anew."""

from redis.asyncio import Redis

from stores.protocol import Source
from stores.redis.generations import GenerationsRecord, ViewGenerations


class ViewFloors:
    """Raises Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._generations = ViewGenerations(redis)

    async def read(self) -> dict[Source, int]:
        """Source → next offset to do, for those that have a floor. What readers use counts; else what is being built. Where
        a source feeds several views, the one that is least far."""
        found: dict[Source, int] = {}
        for record in await self._records():
            generation = record.now.live or record.now.next
            if generation is None:
                continue
            for partition, floor in enumerate(await self._generations.floors(record.view, generation)):
                if floor is not None:
                    source = Source(generation.group, generation.topic, partition)
                    found[source] = min(floor, found.get(source, floor))
        return found

    async def restart(self, topic: str) -> list[str]:
        """The topic is another log now: its views are built again from the beginning, beside what stands of them. Returns
        their names."""
        done: list[str] = []
        for record in await self._records():
            generation = record.now.live or record.now.next
            if generation is not None and generation.topic == topic:
                while not await self._generations.restart(record):
                    record = (await self._generations.read([record.view]))[record.view]
                done.append(record.view)
        return done

    async def _records(self) -> list[GenerationsRecord]:
        return list((await self._generations.read(await self._generations.names())).values())

"""How many messages each topic has and gets a second, told to all who look at once. Kafka is asked only
while somebody looks."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import NamedTuple

from replay.console.readers import Readers
from stores.ending import end
from stores.errors import Unavailable
from stores.kafka.log import LogReader

EVERY = 1.0  # seconds
_SAMPLES = 6  # over which a rate is taken


class Beat(NamedTuple):
    """messages: in the log now. rate: new ones a second, over the last seconds."""

    messages: int
    rate: float


class _Sample(NamedTuple):
    """at: seconds of the loop's clock. ends: by topic, the sum of where its partitions end. held: messages in the log."""

    at: float
    ends: Mapping[str, int]
    held: Mapping[str, int]


class Pulse:
    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._watchers = 0
        self._beating: asyncio.Task[None] | None = None
        self._samples = deque[_Sample](maxlen=_SAMPLES)
        self._next = asyncio.Event()

    async def beats(self) -> AsyncGenerator[Mapping[str, Beat]]:
        """By topic, each second, for ever. While Kafka is away nothing comes."""
        self._watchers += 1
        if self._beating is None:
            self._samples.clear()
            self._beating = asyncio.create_task(self._beat(), name="console pulse")
        try:
            while True:
                await self._next.wait()
                yield _beats(self._samples)
        finally:
            self._watchers -= 1
            if not self._watchers:
                beating, self._beating = self._beating, None
                await end(beating)

    async def _beat(self) -> None:
        while True:
            try:
                async with self._readers.lend() as log:
                    self._samples.append(await _sample(log))
            except Unavailable:
                self._samples.clear()
            else:
                self._next.set()
                self._next = asyncio.Event()
            await asyncio.sleep(EVERY)


async def _sample(log: LogReader) -> _Sample:
    bounds = await log.bounds(log.places(log.topics))
    ends, held = dict.fromkeys(log.topics, 0), dict.fromkeys(log.topics, 0)
    for place, bound in bounds.items():
        ends[place.topic] += bound.end
        held[place.topic] += bound.end - bound.first
    return _Sample(asyncio.get_running_loop().time(), ends, held)


def _beats(samples: deque[_Sample]) -> dict[str, Beat]:
    first, last = samples[0], samples[-1]
    seconds = last.at - first.at
    return {
        topic: Beat(held, max(0, last.ends[topic] - first.ends.get(topic, 0)) / seconds if seconds else 0.0)
        for topic, held in last.held.items()
    }

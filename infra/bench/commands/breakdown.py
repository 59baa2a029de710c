"""Where a command's time goes, from what the product writes down anyway: headers, append times, inbox, replies."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

import msgspec
from redis.asyncio import Redis

from infra.bench.commands.baskets import Place
from infra.bench.commands.posting import Posted
from infra.layout.site import Endpoints
from stores.kafka.log import open_log
from topics.contracts import basket_commands
from topics.messages import headers
from topics.messages.reply import DECODER


class Stage(NamedTuple):
    """Median and 99th percentile over the requests, in ms. Two of the clocks tick in whole milliseconds."""

    what: str
    median: float
    p99: float


class Sent(NamedTuple):
    """Seconds since the epoch: when the edge made the command, when the broker appended it."""

    id: str
    made: float
    appended: float


class Breakdown:
    """`begin` before the requests, `stages` after them."""

    def __init__(self, at: Endpoints, place: Place) -> None:
        self._at = at
        self._place = place
        self._heard: dict[str, float] = {}
        self._listening: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(ready))
        await ready.wait()

    async def end(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    async def stages(self, posted: Sequence[Posted]) -> list[Stage]:
        sent, written = await self._sent(), await self._place.written(self._at)
        spans: dict[str, list[float]] = {}
        for one in posted:
            command = sent.get(one.correlation)
            if command is None or command.id not in written or command.id not in self._heard:
                continue
            at, heard = written[command.id], self._heard[command.id]
            for what, seconds in (
                ("client to the edge, its checks, the command made", command.made - one.asked),
                ("producer, to the broker's append", command.appended - command.made),
                ("fetch and hand over, look, decide, to the inbox row", at - command.appended),
                ("rest of the write, reply published in Redis", heard - at),
                ("edge wakes up and answers", one.answered - heard),
            ):
                spans.setdefault(what, []).append(seconds * 1000)
        return [
            Stage(what, statistics.median(times), sorted(times)[len(times) * 99 // 100])
            for what, times in spans.items()
        ]

    async def _listen(self, ready: asyncio.Event) -> None:
        async with Redis.from_url(self._at.redis) as redis, redis.pubsub() as channels:
            await channels.psubscribe("replies:*")
            async for message in channels.listen():
                ready.set()
                if message["type"] == "pmessage":
                    with suppress(msgspec.MsgspecError):
                        self._heard[DECODER.decode(message["data"]).operation_id] = time.time()

    async def _sent(self) -> dict[str, Sent]:
        found: dict[str, Sent] = {}
        async with open_log(self._at.brokers) as log:
            bounds = await log.bounds(log.places([basket_commands.TOPIC.name]))
            starts, ends = {p: b.first for p, b in bounds.items()}, {p: b.end for p, b in bounds.items()}
            async for records in log.read(starts, ends):
                for record in records:
                    named = {name: value.decode() for name, value in record.headers}
                    made = _seconds(named[headers.TIME])
                    found[named[headers.CORRELATION]] = Sent(named[headers.ID], made, record.at.timestamp())
        return found


def _seconds(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339).timestamp()

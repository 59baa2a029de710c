"""Brings a generation of a view up from where it stands to where its partition is read, beside the work of that partition."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from agents.runtime.reading.keeping import Keeping
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import Doubt
from stores.kafka.replay import Stretch

log = structlog.get_logger()

FIRST, LEAST, MOST = 100, 50, 1000
"""Events at once: Redis answers nobody while they are written, and this process nobody while they are folded."""
LONG = 0.3  # seconds for these, after which fewer are taken: reads of the edge are given up after 0.8 s
_AT_REST = 0.02  # seconds between two looks whether the partition's own batches have taken the generation along
_LOOKS = 50
_OLDER = 0.2  # seconds between two looks whether older events are shown
_AGAIN = 1.0  # seconds after a failure


class Reads(Protocol):
    """See stores.kafka.replay.Replay."""

    async def bounds(self) -> tuple[int, int]: ...
    async def take(self, first: int, most: int) -> Stretch: ...


Replays = Callable[[str, int], AbstractAsyncContextManager[Reads]]
"""(topic, partition) → a reader of its own."""
Bring = Callable[[Batch, str, str], Awaitable[int | None]]
"""See Showing.bring."""


class Pace:
    """How many events are brought up at once. What one of them costs differs a hundredfold: a restaurant has hundreds of
    traits, and a rating has none."""

    def __init__(self) -> None:
        self.most = min(FIRST, MOST)

    def took(self, seconds: float, events: int) -> None:
        if seconds > LONG:
            self.most = max(min(LEAST, MOST), self.most // 2)
        elif events >= self.most:
            self.most = min(MOST, self.most * 2)


class Building:
    """One task for each generation that lies behind in a partition. It ends with the lease: the next owner goes on."""

    def __init__(self, replays: Replays, keeping: Keeping, bring: Bring) -> None:
        self._replays = replays
        self._keeping = keeping
        self._bring = bring
        self._tasks: dict[tuple[str, str, int], asyncio.Task[None]] = {}

    def ensure(self, lease: Lease, view: str, tag: str) -> None:
        place = (view, tag, lease.source.partition)
        if place not in self._tasks:
            task = self._tasks[place] = asyncio.create_task(self._build(lease, view, tag))
            task.add_done_callback(lambda _: self._tasks.pop(place, None))

    async def _build(self, lease: Lease, view: str, tag: str) -> None:
        log.info("view_is_built", view=view, generation=tag, partition=lease.source.partition)
        try:
            async with self._replays(*lease.tp) as reads:
                await self._follow(reads, lease, view, tag)
        except Doubt as doubt:
            log.warning("view_build_retried", view=view, generation=tag, why=str(doubt)[:200])
            await asyncio.sleep(_AGAIN)  # `ensure` begins again, from the next batch or idle work that finds it behind
        except Exception:
            log.exception("view_build_failed", view=view, generation=tag)
            await asyncio.sleep(_AGAIN)

    async def _follow(self, reads: Reads, lease: Lease, view: str, tag: str) -> None:
        _, end = await reads.bounds()
        own = Lease(lease.source, incarnation=lease.incarnation, end=end)
        now, pace = asyncio.get_running_loop().time, Pace()
        floor, looks = await self._stands(reads, lease, view, tag), 0
        if floor is not None and floor >= end:  # the mark is set by a batch otherwise, and none may ever come
            await self._keeping.mark(lease.source, end)
        while floor is not None and not lease.closing.is_set() and looks < _LOOKS:
            if floor >= _position(lease):
                # The partition's own batches go on from here. A batch that is under way may have begun without this
                # generation; if so the floor falls behind once more, so look for a while.
                looks += 1
                await asyncio.sleep(_AT_REST)
                floor = await self._stands(reads, lease, view, tag)
                continue
            looks = 0
            stretch, begun = await reads.take(floor, pace.most), now()
            if stretch.next > floor:
                floor = await self._bring(Batch(own, stretch.records, stretch.first, stretch.next), view, tag)
                pace.took(now() - begun, len(stretch.records))
                lease.missed = lease.missed or own.missed

    async def _stands(self, reads: Reads, lease: Lease, view: str, tag: str) -> int | None:
        """The floor, which is set where what is to be built has none. None: the generation is not wanted any more, or the live
        one has lost its floor: its documents are of another log.

        Waits while the generation has not shown the older events of the partition's keys, which stand in another one."""
        one = await self._keeping.one(lease.source, view, tag)
        while one is not None and one.waits and not lease.closing.is_set():
            await asyncio.sleep(_OLDER)
            one = await self._keeping.one(lease.source, view, tag)
        if one is None or one.floor is not None or not one.is_next:
            return None if one is None else one.floor
        first, _ = await reads.bounds()
        await self._keeping.set_floor(one, first)
        return first


def _position(lease: Lease) -> int:
    """Where the partition is read, with what is under way."""
    return lease.next if lease.batch is None else max(lease.next, lease.batch.next)

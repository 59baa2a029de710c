"""Builds a generation of a view in one partition: reads the partition once more from the generation's floor, beside the batches
that the process works on, until the generation has reached those. From there on each batch writes it too (showing.py).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from agents.runtime.reading.topic_views import TopicViews
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import Doubt
from stores.kafka.replay import Stretch

log = structlog.get_logger()

FIRST, LEAST, MOST = 100, 50, 1000
"""Events that are folded and written together, at the beginning, at least and at most. Meanwhile neither this process nor Redis
does anything else."""
LONG = 0.3  # seconds for these, after which fewer are taken: reads of the edge are given up after 0.8 s
_QUIET = 0.02  # seconds between two looks whether the batches have taken the generation along
_QUIET_LOOKS = 50  # in a row; then it is complete here
_OLDER = 0.2  # seconds between two looks whether older events are shown
_AFTER_A_FAILURE = 1.0  # seconds


class PartitionReader(Protocol):
    """See stores.kafka.replay.Replay."""

    async def bounds(self) -> tuple[int, int]: ...
    async def take(self, first: int, most: int) -> Stretch: ...


OpenReader = Callable[[str, int], AbstractAsyncContextManager[PartitionReader]]
"""(topic, partition) → a reader with a consumer of its own."""
Apply = Callable[[Batch, str, str], Awaitable[int | None]]
"""See Showing.apply."""


class Pace:
    """How many events are taken together. What one of them costs differs a hundredfold: a restaurant has hundreds of traits,
    and a rating has none."""

    def __init__(self) -> None:
        self.most = min(FIRST, MOST)

    def took(self, seconds: float, events: int) -> None:
        """Takes half as many from now on if that was long, twice as many if not and there were as many as allowed."""
        if seconds > LONG:
            self.most = max(min(LEAST, MOST), self.most // 2)
        elif events >= self.most:
            self.most = min(MOST, self.most * 2)


class Building:
    """One task for each generation that lies behind in a partition. It ends with the lease: the next owner goes on."""

    def __init__(self, open_reader: OpenReader, views: TopicViews, apply: Apply) -> None:
        self._open_reader = open_reader
        self._views = views
        self._apply = apply
        self._tasks: dict[tuple[str, str, int], asyncio.Task[None]] = {}

    def ensure(self, lease: Lease, view: str, tag: str) -> None:
        """Begins to build the generation in the partition of the lease, unless that is under way. To be called again and again
        as long as it lies behind: the task ends after a failure."""
        place = (view, tag, lease.source.partition)
        if place not in self._tasks:
            task = self._tasks[place] = asyncio.create_task(self._build(lease, view, tag))
            task.add_done_callback(lambda _: self._tasks.pop(place, None))

    async def _build(self, lease: Lease, view: str, tag: str) -> None:
        log.info("view_is_built", view=view, generation=tag, partition=lease.source.partition)
        try:
            async with self._open_reader(*lease.tp) as reader:
                await self._catch_up(reader, lease, view, tag)
        except Doubt as doubt:
            log.warning("view_build_retried", view=view, generation=tag, why=str(doubt)[:200])
            await asyncio.sleep(_AFTER_A_FAILURE)
        except Exception:
            log.exception("view_build_failed", view=view, generation=tag)
            await asyncio.sleep(_AFTER_A_FAILURE)

    async def _catch_up(self, reader: PartitionReader, lease: Lease, view: str, tag: str) -> None:
        _, end = await reader.bounds()
        # Not the partition's lease itself: its batches change that one, and it may have no `end` (tending.py).
        own = Lease(lease.source, incarnation=lease.incarnation, end=end)
        now, pace = asyncio.get_running_loop().time, Pace()
        floor, quiet_looks = await self._floor(reader, lease, view, tag), 0
        if floor is not None and floor >= end:
            await self._views.mark_caught_up(lease.source, end)
        while floor is not None and not lease.closing.is_set() and quiet_looks < _QUIET_LOOKS:
            if floor >= _position(lease):
                # The next batch writes this generation. One that is under way may have begun without it, and would leave it
                # behind once more, so look for a while.
                quiet_looks += 1
                await asyncio.sleep(_QUIET)
                floor = await self._floor(reader, lease, view, tag)
                continue
            quiet_looks = 0
            stretch, begun = await reader.take(floor, pace.most), now()
            if stretch.next > floor:
                floor = await self._apply(Batch(own, stretch.records, stretch.first, stretch.next), view, tag)
                pace.took(now() - begun, len(stretch.records))
                lease.missed = lease.missed or own.missed

    async def _floor(self, reader: PartitionReader, lease: Lease, view: str, tag: str) -> int | None:
        """Where the generation stands; one that is being built and has no floor gets one at the oldest event. None: it has
        ended, or it is the live one and has lost its floor.

        Waits while the generation must not go on (ViewPartition.waits)."""
        part = await self._views.find(lease.source, view, tag)
        while part is not None and part.waits and not lease.closing.is_set():
            await asyncio.sleep(_OLDER)
            part = await self._views.find(lease.source, view, tag)
        if part is None or part.floor is not None or not part.is_being_built:
            return None if part is None else part.floor
        first, _ = await reader.bounds()
        await self._views.set_floor(part, first)
        return first


def _position(lease: Lease) -> int:
    """The offset up to which the partition is read, with the batch under way."""
    return lease.next if lease.batch is None else max(lease.next, lease.batch.next)

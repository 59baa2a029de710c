"""Seams of the runtime at which a test stops a process, makes a server fail, or lets it die."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from stores.protocol import (
    Changes,
    Claimed,
    ClaimKey,
    DomainStore,
    Fact,
    FactKey,
    InboxKey,
    OutboxRow,
    ParkedRow,
    Snapshot,
    Source,
    Unit,
)

Point = Literal[
    "lock",  # before the transaction
    "read",  # under the floor's lock, before anything is read
    "decided",  # before COMMIT
    "committed",  # COMMIT has happened, its answer is not here yet
    "publishing",
    "published",  # the broker has the rows, this process does not know yet
    "answering",
    "answered",
    "forgetting",
    "performed",  # the effect has happened, it is not recorded yet
]
POINTS: tuple[Point, ...] = ("lock", "read", "decided", "committed", "publishing", "published", "answering", "answered")
PATIENCE = 10.0  # seconds until a test says what did not happen


class Stop:
    def __init__(self, point: Point) -> None:
        self.point = point
        self._reached, self._go = asyncio.Event(), asyncio.Event()

    async def reached(self) -> None:
        try:
            await asyncio.wait_for(self._reached.wait(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"nobody came to {self.point!r}") from None

    def go_on(self) -> None:
        self._go.set()

    async def wait(self) -> None:
        self._reached.set()
        await self._go.wait()


class Barriers:
    """Of one process. Each stop and each failure happens once."""

    def __init__(self) -> None:
        self._stops: dict[Point, Stop] = {}
        self._errors: dict[Point, list[Exception]] = {}

    def stop_at(self, point: Point) -> Stop:
        stop = self._stops[point] = Stop(point)
        return stop

    def fail_at(self, point: Point, *errors: Exception) -> None:
        self._errors[point] = list(errors)

    async def passing(self, point: Point) -> None:
        stop = self._stops.pop(point, None)
        if stop is not None:
            await stop.wait()
        if self._errors.get(point):
            raise self._errors[point].pop(0)


class StoppedUnit:
    def __init__(self, unit: Unit, barriers: Barriers) -> None:
        self._unit = unit
        self._barriers = barriers

    @property
    def floor(self) -> int:
        return self._unit.floor

    @property
    def epoch(self) -> int:
        return self._unit.epoch

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str]) -> Snapshot:
        await self._barriers.passing("read")
        return await self._unit.read(ids, keys)

    async def claim(self, claims: Mapping[ClaimKey, str]) -> Claimed:
        return await self._unit.claim(claims)

    async def facts(self, wanted: Sequence[FactKey]) -> dict[FactKey, Fact]:
        return await self._unit.facts(wanted)

    async def parked_rows(self, keys: Sequence[str]) -> list[ParkedRow]:
        return await self._unit.parked_rows(keys)

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        await self._barriers.passing("decided")
        rows = await self._unit.commit(changes)
        await self._barriers.passing("committed")
        return rows


class StoppedStore:
    """A domain's store with barriers around its transactions; what is not named here goes straight through."""

    def __init__(self, store: DomainStore, barriers: Barriers) -> None:
        self._store = store
        self._barriers = barriers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @asynccontextmanager
    async def unit(self, source: Source) -> AsyncGenerator[StoppedUnit]:
        await self._barriers.passing("lock")
        async with self._store.unit(source) as unit:
            yield StoppedUnit(unit, self._barriers)

    async def forget(self, sent: Sequence[int]) -> None:
        await self._barriers.passing("forgetting")
        await self._store.forget(sent)

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> list[OutboxRow]:
        await self._barriers.passing("performed")
        return await self._store.end_effects(source, done, outbox)


class StoppedPublisher:
    """The publisher or the replies, with a barrier before and after."""

    def __init__(self, publisher: Any, barriers: Barriers, before: Point, after: Point) -> None:
        self._publisher, self._barriers, self._before, self._after = publisher, barriers, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._publisher, name)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        await self._barriers.passing(self._before)
        await self._publisher.publish(rows)
        await self._barriers.passing(self._after)

"""Barriers between the steps of a batch, and guards taken away: proxies around the seams of the runtime.

Steps, in order: `locked` (the floor is held), `before commit`, `after commit`, `before publish`, `after publish`.
`forget`: what is out is to be deleted outside of a batch.
Effects: `begun`, `ending` (it has happened, nobody has written it down), `ended`.
LEZZET_WITHOUT names a guard to run without (`./lezzet fault guards`); only these proxies and conftest.py know it.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from stores.errors import Unavailable
from stores.protocol import Changes, FactKey, InboxKey, OutboxRow, Snapshot, Source
from tests.deadline import within

WITHOUT = set(os.environ.get("LEZZET_WITHOUT", "").split(",")) - {""}


class Gate:
    """One stop. `await gate.reached()`, then `gate.open()` or leave whoever stands there for ever (a kill)."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._here, self._go, self._failure = asyncio.Event(), asyncio.Event(), failure

    async def reached(self) -> None:
        await within("somebody to come to the gate", self._here.wait())

    def open(self) -> None:
        self._go.set()

    async def stand(self) -> None:
        self._here.set()
        if self._failure is not None:
            raise self._failure
        await self._go.wait()


class Gates:
    def __init__(self) -> None:
        self._set: dict[str, Gate] = {}

    def stop_at(self, step: str) -> Gate:
        """The next one who comes there stops."""
        gate = self._set[step] = Gate()
        return gate

    def fail_at(self, step: str, failure: Exception | None = None) -> Gate:
        """The next one who comes there meets doubt: what was done before stays done."""
        gate = self._set[step] = Gate(failure or Unavailable("PostgreSQL", f"no answer, {step}"))
        return gate

    async def come_to(self, step: str) -> None:
        gate = self._set.pop(step, None)
        if gate is not None:
            await gate.stand()


class GatedUnit:
    def __init__(self, unit: Any, gates: Gates, first: int, forget: Any) -> None:
        self._unit, self._gates, self._forget = unit, gates, forget
        self.floor = first if "floor" in WITHOUT else unit.floor
        self.epoch, self.incarnation = unit.epoch, unit.incarnation

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str], facts: Sequence[FactKey] = ()) -> Snapshot:
        snapshot = await self._unit.read(ids, keys, facts)
        if "inbox" in WITHOUT:
            snapshot.known.clear()
        if "parking" in WITHOUT:
            snapshot.parked.clear()
        return snapshot

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        if "inbox" in WITHOUT:
            changes.inbox = {}
        if "parking" in WITHOUT:
            changes.park = []
        await self._gates.come_to("before commit")
        rows = await self._unit.commit(changes)
        if "sent" in WITHOUT:
            await self._forget([row.seq for row in rows])
        await self._gates.come_to("after commit")
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)


class GatedStore:
    """first: of the batch that runs, for the run without a floor."""

    def __init__(self, store: Any, gates: Gates) -> None:
        self._store, self._gates, self.first = store, gates, 0

    @asynccontextmanager
    async def unit(self, source: Source) -> AsyncGenerator[GatedUnit]:
        async with self._store.unit(source) as unit:
            await self._gates.come_to("locked")
            yield GatedUnit(unit, self._gates, self.first, self._store.forget)

    async def forget(self, sent: Sequence[int]) -> None:
        await self._gates.come_to("forget")
        await self._store.forget(sent)

    async def outbox(self, source: Source) -> list[OutboxRow]:
        return [] if "outbox" in WITHOUT else await self._store.outbox(source)

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        if "epoch" in WITHOUT:
            async with self._store.unit(source) as unit:
                epoch = unit.epoch
        begun = await self._store.begin_effects(source, epoch, ids)
        await self._gates.come_to("begun")
        return begun

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> list[OutboxRow]:
        await self._gates.come_to("ending")
        rows = await self._store.end_effects(source, done, outbox)
        await self._gates.come_to("ended")
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class GatedFates:
    def __init__(self, fates: Any) -> None:
        self._fates = fates

    async def take(self, ids: Sequence[str]) -> set[str]:
        return set() if "fate" in WITHOUT else await self._fates.take(ids)


class GatedPublisher:
    def __init__(self, publisher: Any, gates: Gates) -> None:
        self._publisher, self._gates = publisher, gates

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        await self._gates.come_to("before publish")
        await self._publisher.publish(rows)
        await self._gates.come_to("after publish")

"""Barriers between the steps of a batch, and guards taken away: proxies around the seams of the runtime.

Steps, in order: `looked` (and nothing decided yet), `before write`, `after write`, `before publish`, `after publish`.
`forget`: what is out is to be deleted outside of a batch.
Effects: `begun`, `ending` (it has happened, nobody has written it down), `ended`.
LEZZET_WITHOUT names a guard to run without (`./lezzet fault guards`); only these proxies and conftest.py know it.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any

from stores.errors import Unavailable
from stores.protocol import Changes, Moment, OutboxRow, RowId, Source
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


class GatedStore:
    """first, incarnation: of the batch that runs and of its lease, for the runs without what the floor says of them."""

    def __init__(self, store: Any, gates: Gates) -> None:
        self._store, self._gates, self.first, self.incarnation = store, gates, 0, 0

    async def look(self, sources: Sequence[Source], **asked: Any) -> Moment:
        moment: Moment = await self._store.look(sources, **asked)
        if "inbox" in WITHOUT:
            moment.known.clear()
        if "parking" in WITHOUT:
            moment.parked.clear()
        if "behind" in WITHOUT:
            moment.aside.clear()
        for source, floor in moment.floors.items():
            if "floor" in WITHOUT:
                moment.floors[source] = floor._replace(next=self.first)
            if "incarnation" in WITHOUT:
                moment.floors[source] = floor._replace(incarnation=self.incarnation)
        await self._gates.come_to("looked")
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        for change in changes.values():
            if "inbox" in WITHOUT:
                change.inbox = {}
            if "parking" in WITHOUT:
                change.park = []
        await self._gates.come_to("before write")
        if WITHOUT & {"floor", "incarnation", "stale"}:
            moment.floors = (await self._store.look(list(changes))).floors
        await self._store.write(moment, changes)
        if "sent" in WITHOUT:
            for source, change in changes.items():
                await self._store.forget(source, [row.id for row in change.outbox])
        await self._gates.come_to("after write")

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        await self._gates.come_to("forget")
        await self._store.forget(source, sent)

    async def outbox(self, source: Source) -> list[OutboxRow]:
        return [] if "outbox" in WITHOUT else await self._store.outbox(source)

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        if "epoch" in WITHOUT:
            epoch = (await self._store.look([source])).floors[source].epoch
        begun = await self._store.begin_effects(source, epoch, ids)
        await self._gates.come_to("begun")
        return begun

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        await self._gates.come_to("ending")
        await self._store.end_effects(source, done, outbox)
        await self._gates.come_to("ended")

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

"""Project into the own store: another domain's events → this domain's own copy of its facts."""

from collections.abc import Sequence
from typing import Any

import msgspec

from agents.runtime import events, letters
from agents.runtime.arrivals import Arrival
from agents.runtime.drain import Drain
from agents.runtime.events import Event
from agents.runtime.floor import standing_in
from agents.runtime.lease import Batch, Lease
from stores.protocol import Changes, DomainStore, Fact, FactKey, FactWrite, OutboxRow, Unit
from topics.projection import FactTable
from topics.registry import Topic


class Copying:
    """See agents.runtime.work.Work. All fact tables of one topic in one consumer group."""

    def __init__(self, topic: Topic, tables: Sequence[FactTable[Any, Any]], store: DomainStore, drain: Drain) -> None:
        self._topic = topic
        self._tables = {table.name: table for table in tables}
        self._decoders = {table.name: msgspec.json.Decoder(table.document) for table in tables}
        self._store = store
        self._drain = drain

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._drain.open(lease, earliest)

    async def idle(self, lease: Lease) -> None:
        await self._drain.idle(lease)

    async def close(self, lease: Lease) -> None:
        await self._drain.forget(lease)

    async def run(self, batch: Batch) -> None:
        lease = batch.lease
        found, bad = events.read(self._topic, batch, 0)
        async with self._store.unit(lease.source) as unit:
            where = standing_in(unit, batch)
            rows = await self._copy(unit, batch, where.floor, found, bad) if batch.next > where.floor else []
        await self._drain.after(lease, where, rows)

    async def _copy(
        self, unit: Unit, batch: Batch, floor: int, found: Sequence[Event], bad: Sequence[Arrival]
    ) -> list[OutboxRow]:
        lease = batch.lease
        todo = [event for event in found if event.arrival.offset >= floor]
        dead = [arrival for arrival in bad if arrival.offset >= floor]
        wanted = [(table, aggregate) for table in self._tables for aggregate in events.aggregates(todo)]
        stored = await unit.facts(wanted) if wanted else {}
        changes = Changes(next=batch.next)
        changes.facts, gaps = self._fold(lease, todo, stored)
        changes.outbox = [
            letters.dead(lease.source, self._topic, arrival, str(arrival.error), parked=False)
            for arrival in [*dead, *gaps]
        ]
        return await self._drain.commit(unit, lease, changes)

    def _fold(
        self, lease: Lease, todo: Sequence[Event], stored: dict[FactKey, Fact]
    ) -> tuple[list[FactWrite], list[Arrival]]:
        now: dict[FactKey, tuple[int, Any]] = {}
        gaps: list[Arrival] = []
        for event in todo:
            for name, table in self._tables.items():
                place = (name, event.meta.aggregate_id)
                try:
                    version, document = now.get(place) or self._before(name, stored.get(place))
                    following = events.is_next(lease.source.group, self._topic.name, event, version)
                    if following:
                        now[place] = event.meta.version, table.show(document, event.message, event.meta).document
                    elif following is None:
                        gaps.append(events.gap(event, version))
                except Exception as error:
                    gaps.append(events.broken(self._topic.name, event, name, error))
        writes = [
            FactWrite(name, key, version, None if document is None else msgspec.json.encode(document).decode())
            for (name, key), (version, document) in now.items()
        ]
        return writes, gaps

    def _before(self, name: str, stored: Fact | None) -> tuple[int, Any]:
        if stored is None:
            return 0, None
        return stored.version, None if stored.body is None else self._decoders[name].decode(stored.body)

"""Intake: what another domain or system published → own commands with the right key and an id of their own."""

from collections.abc import Sequence
from typing import Any

import structlog

from agents.runtime import arrivals, letters, metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.drain import Drain
from agents.runtime.floor import standing_in
from agents.runtime.lease import Batch, Lease
from stores.protocol import Changes, DomainStore, OutboxRow, Unit
from topics import decision, headers, ids
from topics.message import Undecodable
from topics.registry import Topic

log = structlog.get_logger()


class Intake:
    """See agents.runtime.work.Work. Nothing parks here: order across publishers is not given anyway."""

    def __init__(
        self, topic: Topic, domain: str, translate: decision.Translate, store: DomainStore, drain: Drain
    ) -> None:
        self._topic = topic
        self._domain = domain
        self._translate = translate
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
        found = [arrivals.read(self._topic, lease.incarnation, record, keyed=False) for record in batch.records]
        async with self._store.unit(lease.source) as unit:
            where = standing_in(unit, batch)
            todo = [arrival for arrival in found if arrival.offset >= where.floor]
            rows = await self._take_in(unit, lease, todo, batch.next) if batch.next > where.floor else []
        await self._drain.after(lease, where, rows)

    async def _take_in(self, unit: Unit, lease: Lease, todo: Sequence[Arrival], after: int) -> list[OutboxRow]:
        snapshot = await unit.read([arrival.inbox_key for arrival in todo], [])
        changes = Changes(next=after)
        for arrival in todo:
            if arrival.inbox_key in snapshot.known or arrival.inbox_key in changes.inbox:
                metrics.DUPLICATES.labels(lease.source.group).inc()
                continue
            try:
                rows = self._translated(arrival)
            except Exception as error:
                log.warning("dead_letter", topic=self._topic.name, offset=arrival.offset, why=str(error)[:200])
                changes.outbox.append(letters.dead(lease.source, self._topic, arrival, _why(error), parked=False))
            else:
                changes.inbox[arrival.inbox_key] = None
                changes.outbox.extend(rows)
        return await self._drain.commit(unit, lease, changes)

    def _translated(self, arrival: Arrival) -> list[OutboxRow]:
        if arrival.error is not None:
            raise arrival.error
        cause = ids.derive(arrival.source, arrival.id)
        sends = self._translate(arrival.message, about(arrival))
        return [letters.sent(send, cause, arrival, self._domain) for send in sends]


def about(arrival: Arrival) -> decision.Arrival:
    """What a pure translation may know of a message. Raises Undecodable for a sequence that is no number."""
    sequence: Any = arrival.headers.get(headers.SEQUENCE)
    if sequence is not None and not sequence.isdecimal():
        raise Undecodable(headers.SEQUENCE, "is not a version number")
    return decision.Arrival(
        id=arrival.id, source=arrival.source, at=arrival.at, aggregate_id=arrival.headers.get(headers.SUBJECT),
        version=None if sequence is None else int(sequence), key=arrival.key,
    )  # fmt: skip


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, Undecodable) else f"{type(error).__name__}: {error}"

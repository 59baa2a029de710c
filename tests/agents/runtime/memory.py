"""A domain's store in dictionaries, with everything that it publishes in lists: for thousands of stories a second.

The real store is held to the same contract by tests/stores/contract.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from stores.errors import Conflict
from stores.protocol import (
    Changes,
    Claimed,
    ClaimKey,
    Fact,
    FactKey,
    InboxKey,
    Opening,
    OutboxRow,
    ParkedRow,
    Snapshot,
    Source,
    Stored,
)


class MemoryStore:
    """One partition of one domain. It is the store, the publisher, the replies and the fates."""

    domain = "memory"

    def __init__(self) -> None:
        self.floor, self.epoch, self.seq = 0, -1, 0
        self.inbox: dict[InboxKey, str | None] = {}
        self.aggregates: dict[str, Stored] = {}
        self.claims: dict[ClaimKey, str] = {}
        self.parked: dict[int, ParkedRow] = {}
        self.rows: dict[int, OutboxRow] = {}
        self.published: list[OutboxRow] = []

    async def open(self, source: Source, earliest: int) -> Opening:
        self.epoch += 1
        return Opening(self.floor, 0, self.epoch)

    @asynccontextmanager
    async def unit(self, source: Source) -> AsyncGenerator["_Unit"]:
        claims = dict(self.claims)
        unit = _Unit(self)
        try:
            yield unit
        finally:
            if not unit.committed:
                self.claims = claims

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        return {id: self.aggregates[id] for id in ids if id in self.aggregates}

    async def outbox(self, source: Source) -> list[OutboxRow]:
        return [self.rows[seq] for seq in sorted(self.rows)]

    async def outbox_sources(self) -> set[Source]:
        return set()

    async def forget(self, sent: Sequence[int]) -> None:
        for seq in sent:
            self.rows.pop(seq, None)

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        self.published.extend(rows)

    async def take(self, ids: Sequence[str]) -> set[str]:
        return set()


class _Unit:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.floor, self.epoch, self.incarnation, self.committed = store.floor, store.epoch, 0, False

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str], facts: Sequence[FactKey] = ()) -> Snapshot:
        store = self._store
        return Snapshot(
            known={id: store.inbox[id] for id in ids if id in store.inbox},
            states={key: store.aggregates[key] for key in keys if key in store.aggregates},
            parked={row.key for row in store.parked.values()} & set(keys),
        )

    async def claim(self, claims: Mapping[ClaimKey, str]) -> Claimed:
        fresh = {key for key in claims if key not in self._store.claims}
        self._store.claims |= {key: claims[key] for key in fresh}
        return Claimed({key: self._store.claims[key] for key in claims}, fresh)

    async def facts(self, wanted: Sequence[FactKey]) -> dict[FactKey, Fact]:
        return {}

    async def parked_rows(self, keys: Sequence[str]) -> list[ParkedRow]:
        return [row for _, row in sorted(self._store.parked.items()) if row.key in keys]

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        store = self._store
        if any(id in store.inbox for id in changes.inbox):
            raise Conflict("an id twice")
        for write in changes.states:
            old = store.aggregates.get(write.id, Stored(0, ""))
            if old.version != write.old_version:
                raise Conflict("a version twice")
        self._write(changes)
        self.committed = True
        return [row for row in store.rows.values() if row.seq > store.seq - len(changes.outbox)]

    def _write(self, changes: Changes) -> None:
        store = self._store
        store.floor = max(store.floor, changes.next)
        store.inbox |= changes.inbox
        store.aggregates |= {write.id: Stored(write.version, write.body) for write in changes.states}
        for seq in [*changes.sent]:
            store.rows.pop(seq, None)
        for seq in changes.unpark:
            del store.parked[seq]
        for key in changes.release:
            store.claims.pop(key, None)
        for row in changes.park:
            store.seq += 1
            store.parked[store.seq] = msgspec.structs.replace(row, seq=store.seq)
        for row in changes.outbox:
            store.seq += 1
            store.rows[store.seq] = row._replace(seq=store.seq)

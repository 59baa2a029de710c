"""One batch's transaction in PostgreSQL, under the row lock of its floor."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg.pool import PoolConnectionProxy

from stores.errors import Conflict
from stores.postgres import statements
from stores.postgres.errors import translated
from stores.protocol import (
    Changes,
    Claimed,
    ClaimKey,
    Fact,
    FactKey,
    InboxKey,
    OutboxRow,
    ParkedRow,
    Snapshot,
    Source,
    Stored,
)

_encode = msgspec.json.encode
_decode_headers = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode


class PostgresUnit:
    """See stores.protocol.Unit. `commit` ends the transaction; the pool's context undoes what was not committed."""

    def __init__(
        self, connection: PoolConnectionProxy, source: Source, floor: int, epoch: int, incarnation: int
    ) -> None:
        self._connection = connection
        self._source = source
        self.floor = floor
        self.epoch = epoch
        self.incarnation = incarnation

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str], facts: Sequence[FactKey] = ()) -> Snapshot:
        snapshot = Snapshot()
        async with translated():
            rows = await self._connection.fetch(
                statements.READ, [i[0] for i in ids], [i[1] for i in ids], keys, self._source.group, self._source.topic,
                [f[0] for f in facts], [f[1] for f in facts],
            )  # fmt: skip
        for what, a, b, version, body in rows:
            if what == "k":
                snapshot.known[a, b] = body
            elif what == "s":
                snapshot.states[a] = Stored(version, body)
            elif what == "f":
                snapshot.facts[a, b] = Fact(version, body)
            else:
                snapshot.parked.add(a)
        return snapshot

    async def claim(self, claims: Mapping[ClaimKey, str]) -> Claimed:
        kinds, values = [key[0] for key in claims], [key[1] for key in claims]
        async with translated():
            fresh = await self._connection.fetch(statements.CLAIM, kinds, values, list(claims.values()))
            # A statement of its own: it sees the owner whose transaction we may just have waited for.
            rows = await self._connection.fetch(statements.OWNERS, kinds, values)
        owners: dict[ClaimKey, str] = {(kind, value): owner for kind, value, owner in rows}
        if len(owners) != len(claims):
            raise Conflict(f"{self._source}: a claim was given back between the two statements")
        return Claimed(owners, {(kind, value) for kind, value in fresh})

    async def facts(self, wanted: Sequence[FactKey]) -> dict[FactKey, Fact]:
        async with translated():
            rows = await self._connection.fetch(statements.FACTS, [w[0] for w in wanted], [w[1] for w in wanted])
        return {(name, key): Fact(version, body) for name, key, version, body in rows}

    async def parked_rows(self, keys: Sequence[str]) -> list[ParkedRow]:
        async with translated():
            rows = await self._connection.fetch(statements.PARKED, self._source.group, self._source.topic, keys)
        return [parked_row(row) for row in rows]

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        async with translated():
            await self._commit_rare(changes)
            row = await self._connection.fetchrow(statements.COMMIT, *self._arguments(changes))
            if row is None or row["known"] != len(changes.inbox) or row["written"] != len(changes.states):
                raise Conflict(f"{self._source}: inbox or version changed under the batch")
            await self._connection.execute("commit")
        return [OutboxRow(*went[:5], seq, went.named) for went, seq in zip(changes.outbox, row["seqs"], strict=True)]

    def _arguments(self, changes: Changes) -> list[object]:
        inbox, states, outbox = changes.inbox, changes.states, changes.outbox
        return [
            *self._source,
            changes.next,
            [key[0] for key in inbox],
            [key[1] for key in inbox],
            list(inbox.values()),
            [s.id for s in states],
            [s.old_version for s in states],
            [s.version for s in states],
            [s.body for s in states],
            changes.sent,
            *columns(outbox),
        ]

    async def _commit_rare(self, changes: Changes) -> None:
        """What most batches do not have."""
        execute = self._connection.execute
        if changes.facts:
            f = changes.facts
            await execute(
                statements.WRITE_FACTS,
                [w.table for w in f],
                [w.key for w in f],
                [w.version for w in f],
                [w.body for w in f],
            )
        if changes.release:
            await execute(statements.RELEASE, [c[0] for c in changes.release], [c[1] for c in changes.release])
        if changes.unpark:
            await execute(statements.UNPARK, changes.unpark)
        if changes.park:
            p = changes.park
            await execute(
                statements.PARK, *self._source, [r.key for r in p], [r.offset for r in p], [r.source for r in p],
                [r.id for r in p], [r.at for r in p], [_encode(r.headers) for r in p], [r.body for r in p],
                [r.reason for r in p],
            )  # fmt: skip


def parked_row(row: Mapping[str, Any]) -> ParkedRow:
    headers = _decode_headers(row["headers"])
    return ParkedRow(
        key=row["key"], offset=row["offset"], source=row["source"], id=row["id"], at=row["at"], headers=headers,
        body=row["body"], reason=row["reason"], seq=row["seq"],
    )  # fmt: skip


def columns(rows: Sequence[OutboxRow]) -> list[object]:
    """Outbox rows as the five arrays of the insert."""
    return [
        [r.channel for r in rows],
        [r.target for r in rows],
        [r.key for r in rows],
        [r.headers for r in rows],
        [r.body for r in rows],
    ]

"""A domain's store in PostgreSQL, in a schema of its own. Every wait is bounded, and every failure is one of stores.errors."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import asyncpg

from stores.errors import Conflict, Stale
from stores.postgres import statements, writing
from stores.postgres.errors import translated
from stores.postgres.rows import aside_row, parked_row
from stores.protocol import (
    LOOK_BYTES,
    PARKED_AT_ONCE,
    AsideRow,
    Changes,
    ClaimKey,
    Due,
    DueTimer,
    Fact,
    FactKey,
    Floor,
    InboxKey,
    Moment,
    OutboxRow,
    ParkedName,
    RowId,
    Source,
    Stored,
    Timer,
    TimerRow,
    Waiting,
)

ACQUIRE = 3  # seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SESSION = {
    # A process that is stopped inside a transaction would keep its locks: the server ends the session.
    "idle_in_transaction_session_timeout": "4000",
    "lock_timeout": "3000",
    "statement_timeout": "8000",
    "jit": "off",
}
_SWEEPS = (statements.SWEEP_INBOX, statements.SWEEP_EFFECTS)


async def connect(url: str, domain: str, *, size: int = 6) -> asyncpg.Pool:
    """A pool on the domain's schema. It opens nothing yet, so a process can start while the server is down."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=ACQUIRE,
        command_timeout=8,
        max_inactive_connection_lifetime=60,
        reset=_keep,
        server_settings={**_SESSION, "search_path": domain, "application_name": f"lezzet-{domain}"},
    )


async def ping(url: str) -> None:
    """Raises what asyncpg raises where the server does not answer."""
    connection = await asyncpg.connect(url, timeout=ACQUIRE)
    await connection.close()


async def _keep(connection: asyncpg.pool.PoolConnectionProxy) -> None:
    """Does nothing, in place of asyncpg's reset, which costs a round trip each time. Only a transaction can be left open here,
    and `_connection` ends that."""


async def open_store(url: str, domain: str) -> "PostgresStore":
    """Connects when it is first asked."""
    return PostgresStore(await connect(url, domain), domain)


class PostgresStore:
    """See stores.protocol.DomainStore."""

    def __init__(self, pool: asyncpg.Pool, domain: str) -> None:
        self._pool = pool
        self.domain = domain

    async def open(self, source: Source, earliest: int) -> Floor:
        row = (await self._fetch(statements.OPEN, *source, earliest))[0]
        return Floor(row["next"], row["incarnation"], row["epoch"])

    async def again(self, source: Source, epoch: int, code: str) -> tuple[int | None, bool]:
        row = (await self._fetch(statements.AGAIN, *source, epoch, code))[0]
        return row["next"], row["missed"]

    async def look(
        self,
        sources: Sequence[Source],
        *,
        ids: Sequence[InboxKey] = (),
        keys: Sequence[str] = (),
        facts: Sequence[FactKey] = (),
        claims: Sequence[ClaimKey] = (),
        parked: Sequence[str] = (),
        named: Sequence[str] = (),
        aside: Sequence[str] = (),
    ) -> Moment:
        group, topic, _ = sources[0]
        rows = await self._fetch(
            statements.LOOK, group, topic, [source.partition for source in sources], [i[0] for i in ids],
            [i[1] for i in ids], keys, [f[0] for f in facts], [f[1] for f in facts], [c[0] for c in claims],
            [c[1] for c in claims], LOOK_BYTES,
        )  # fmt: skip
        moment = Moment(owners=dict.fromkeys(claims))
        for what, a, b, number, body in rows:
            if what == "k":
                moment.known[a, b] = body
            elif what == "s" and body is not None:
                moment.states[a] = Stored(number, body)
            elif what == "s":
                moment.left.add(a)
            elif what == "f":
                moment.facts[a, b] = Fact(number, body)
            elif what == "r":
                moment.floors[Source(group, topic, number)] = Floor(int(body or 0), int(a), int(b))
            elif what == "c":
                moment.owners[a, b] = body
            elif what == "t":
                moment.timers[a, b] = Timer(body or "", _EPOCH + timedelta(microseconds=number))
            else:
                moment.parked.add(a)
        if parked:
            rows = await self._fetch(statements.PARKED, group, topic, parked, PARKED_AT_ONCE, LOOK_BYTES)
            moment.waiting = [parked_row(row) for row in rows if row["body"] is not None]
            if len(moment.waiting) < len(rows):
                cut = parked.index(rows[len(moment.waiting)]["key"])
                moment.more.update(parked[cut:])
        if named:
            names = await self._fetch(statements.PARKED_NAMES, group, topic, parked, named)
            moment.named = [ParkedName(*row) for row in names]
        if aside:
            moment.aside = {row["key"]: row["id"] for row in await self._fetch(statements.ASIDE, *sources[0], aside)}
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        for source in changes:
            if source not in moment.floors:
                raise Conflict(f"{source}: no floor, the partition was not opened")
        statement, arguments = writing.write(moment, changes)
        try:
            await self._fetch(statement, *arguments)
        except asyncpg.UnknownPostgresError as error:
            told: dict[str, str | None] = error.as_dict()
            if told["sqlstate"] != writing.STALE:
                raise
            every, places = list(changes), (told.get("detail") or "").split(",")
            moved = [every[int(place) - 1] for place in places if place]
            raise Stale(f"{told['message']}: {moved or every}", moved) from None

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        return {row["id"]: Stored(row["version"], row["body"]) for row in await self._fetch(statements.STATES, ids)}

    async def raised(self, source: Source) -> int:
        rows = await self._fetch(statements.RAISED, *source)
        return rows[0]["raised"] if rows else 0

    async def outbox(self, source: Source) -> list[OutboxRow]:
        rows = await self._fetch(statements.OUTBOX, *source)
        return [
            OutboxRow(channel, target, key, headers, body, RowId(*id))
            for channel, target, key, headers, body, *id in rows
        ]

    async def outbox_sources(self) -> set[Source]:
        return {Source(*row) for row in await self._fetch(statements.OUTBOX_SOURCES)}

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        await self._fetch(statements.FORGET, *source, *writing.transposed(sent, 3))

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        columns = writing.transposed(((*source, epoch) for source, epoch in epochs.items()), 4)
        now, found, timers, wait = _EPOCH, Counter[int](), list[DueTimer](), list[float]()
        for partition, key, name, topic, id, due, headers, body, late in await self._fetch(
            statements.DUE_TIMERS, *columns, limit
        ):
            if key is None and late is None:
                now = due
            elif key is None:
                wait.append(-late)
            else:
                found[partition] += 1
                timers.append(DueTimer(key, name, topic, late, TimerRow(id, due, headers, body)))
        if limit in found.values():
            wait.append(0)
        return Due(now, timers, min(wait, default=None))

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        named = ((timer.key, timer.name, timer.row.id) for timer in timers)
        await self._fetch(statements.TIMERS_SENT, *writing.transposed(named, 3))

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        rows = await self._fetch(statements.BEGIN_EFFECTS, *source, epoch, ids)
        if not rows or rows[0]["epoch"] != epoch:
            raise Conflict(f"{source}: opened again since epoch {epoch}")
        return {row["id"]: row["again"] for row in rows if row["id"] is not None}

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        columns = writing.transposed(map(writing.columns_of, outbox), 8)
        await self._fetch(statements.END_EFFECTS, *source, done, *columns)

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        return [aside_row(row) for row in await self._fetch(statements.NEXT_ASIDE, *source, limit)]

    async def waiting(self, sources: Sequence[Source]) -> dict[Source, Waiting]:
        group, topic, _ = sources[0]
        rows = await self._fetch(statements.WAITING, group, topic, [source.partition for source in sources])
        return {Source(group, topic, partition): Waiting(*found) for partition, *found in rows}

    async def sweep(self, kept: timedelta, limit: int) -> bool:
        async with self._connection() as connection, translated():
            told = [await connection.execute(sweep, kept, limit) for sweep in _SWEEPS]
        return any(int(deleted.rpartition(" ")[2]) == limit for deleted in told)

    async def _fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        async with self._connection() as connection, translated():
            return await connection.fetch(statement, *arguments)

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[asyncpg.pool.PoolConnectionProxy]:
        """Given back to the pool without an open transaction, or closed where it is broken."""
        async with translated():
            connection = await self._pool.acquire(timeout=ACQUIRE)
        try:
            yield connection
        finally:
            try:
                if connection.is_in_transaction():
                    await connection.execute("rollback", timeout=ACQUIRE)
            except (
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):  # fmt: skip
                # The connection is broken, and the server rolls back. The caller keeps its result, or its own error.
                _terminate(connection)
            except BaseException:
                _terminate(connection)
                raise
            finally:
                await self._pool.release(connection, timeout=ACQUIRE)


def _terminate(connection: asyncpg.pool.PoolConnectionProxy) -> None:
    with suppress(asyncpg.InterfaceError):  # a connection that the server closed has left the pool already
        connection.terminate()

"""A domain's store in PostgreSQL: its own schema, all time-outs set, every failure translated."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import asyncpg

from stores.errors import Conflict
from stores.postgres import statements
from stores.postgres.errors import translated
from stores.postgres.unit import PostgresUnit, columns
from stores.protocol import Opening, OutboxRow, Source, Stored

ACQUIRE = 3  # seconds
_SESSION = {
    # A zombie stopped inside its transaction holds the floor's row: the server ends it.
    "idle_in_transaction_session_timeout": "4000",
    "lock_timeout": "3000",
    "statement_timeout": "8000",
    "jit": "off",
}


async def connect(url: str, domain: str, *, size: int = 6) -> asyncpg.Pool:
    """A pool on the domain's schema; opens nothing yet, so a server that is down does not stop the start."""
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
    """asyncpg's own reset would cost each batch a round trip, and nothing but a transaction is ever left open here."""


class PostgresStore:
    """See stores.protocol.DomainStore."""

    def __init__(self, pool: asyncpg.Pool, domain: str) -> None:
        self._pool = pool
        self.domain = domain

    async def open(self, source: Source, earliest: int) -> Opening:
        row = (await self._fetch(statements.OPEN, *source, earliest))[0]
        return Opening(row["next"], row["incarnation"], row["epoch"])

    @asynccontextmanager
    async def unit(self, source: Source) -> AsyncGenerator[PostgresUnit]:
        async with self._connection() as connection:
            async with translated():
                await connection.execute("begin")
                row = await connection.fetchrow(statements.LOCK, *source)
            if row is None:
                raise Conflict(f"{source}: no floor, the partition was not opened")
            yield PostgresUnit(connection, source, row["next"], row["epoch"], row["incarnation"])

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        return {row["id"]: Stored(row["version"], row["body"]) for row in await self._fetch(statements.STATES, ids)}

    async def outbox(self, source: Source) -> list[OutboxRow]:
        return [OutboxRow(*row) for row in await self._fetch(statements.OUTBOX, *source)]

    async def outbox_sources(self) -> set[Source]:
        return {Source(*row) for row in await self._fetch(statements.OUTBOX_SOURCES)}

    async def forget(self, sent: Sequence[int]) -> None:
        await self._fetch(statements.FORGET, sent)

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        rows = await self._fetch(statements.BEGIN_EFFECTS, *source, epoch, ids)
        if not rows or rows[0]["epoch"] != epoch:
            raise Conflict(f"{source}: opened again since epoch {epoch}")
        return {row["id"]: row["again"] for row in rows if row["id"] is not None}

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> list[OutboxRow]:
        async with self._connection() as connection, translated():
            await connection.execute("begin")
            await connection.execute(statements.END_EFFECTS, source.group, done)
            rows = await connection.fetch(statements.ADD_OUTBOX, *source, *columns(outbox)) if outbox else []
            await connection.execute("commit")
        return [went._replace(seq=row["seq"]) for went, row in zip(outbox, rows, strict=True)]

    async def sweep(self, older_than: datetime, limit: int) -> int:
        async with self._connection() as connection, translated():
            gone = await connection.execute(statements.SWEEP_INBOX, older_than, limit)
            await connection.execute(statements.SWEEP_EFFECTS, older_than, limit)
        return int(gone.rpartition(" ")[2])

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
                # Broken: the server undoes what was open. What the caller did, or failed at, stands as it is.
                _terminate(connection)
            except BaseException:
                _terminate(connection)
                raise
            finally:
                await self._pool.release(connection, timeout=ACQUIRE)


def _terminate(connection: asyncpg.pool.PoolConnectionProxy) -> None:
    with suppress(asyncpg.InterfaceError):  # a connection that the server closed has left the pool already
        connection.terminate()

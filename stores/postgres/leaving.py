"""A domain that leaves PostgreSQL for another technology: its rows are read while nobody can write, then its schema goes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from stores.postgres.errors import translated

_SECONDS = 5
_AT_ONCE = 500  # rows in memory

TABLES = (
    "aggregate", "fact", "floor", "inbox", "outbox", "parked", "claim", "effect", "timer", "set_aside", "breaker", "missed",
)  # fmt: skip
_THERE = "select exists (select from information_schema.tables where table_schema = $1 and table_name = 'floor')"


class Leaving:
    """The schema of one domain, locked: agents that still write there wait, and find it gone."""

    def __init__(self, connection: asyncpg.Connection, domain: str) -> None:
        self._connection = connection
        self._domain = domain

    async def rows(self, table: str) -> AsyncGenerator[list[Any]]:
        """All rows, some at a time. JSON comes as text. table: one of TABLES."""
        async with translated():
            query = f'select * from "{self._domain}"."{table}"'  # noqa: S608 - names of ours
            await self._connection.execute(f"declare leaving_{table} no scroll cursor for {query}")
            while some := await self._connection.fetch(f"fetch {_AT_ONCE} from leaving_{table}"):
                yield some
            await self._connection.execute(f"close leaving_{table}")  # a table with an open cursor cannot be dropped

    async def drop(self) -> None:
        """Drops the schema, whose rows are in the other store by now. Takes effect when the block of `leaving` has ended."""
        async with translated():
            await self._connection.execute(f'drop schema "{self._domain}" cascade')


@asynccontextmanager
async def leaving(url: str, domain: str) -> AsyncGenerator[Leaving | None]:
    """None where the domain has no tables in PostgreSQL. If the block raises, all stays as it was. Raises Unavailable."""
    async with translated():
        connection = await asyncpg.connect(
            url, timeout=_SECONDS, server_settings={"application_name": "lezzet-provision", "lock_timeout": "30s"}
        )
    try:
        if not await connection.fetchval(_THERE, domain):
            yield None
            return
        async with connection.transaction():
            async with translated():
                every = ", ".join(f'"{domain}"."{table}"' for table in TABLES)
                await connection.execute(f"lock table {every} in access exclusive mode")
            yield Leaving(connection, domain)
    finally:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=_SECONDS)

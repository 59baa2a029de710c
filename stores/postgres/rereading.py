"""The facts of one domain, written anew: see stores.engineering.Facts."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

import asyncpg

from stores.postgres.errors import translated
from stores.postgres.writing import transposed
from stores.protocol import FactKey, FactWrite, Source

_SECONDS = 5

_WANTED = "unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) w(name, key, version, body)"
_OTHER = "f.version < w.version or f.version = w.version and f.body::text is distinct from w.body"

_DIFFERENT = f"""
select count(*) from {_WANTED} left join fact f using (name, key) where f.version is null or {_OTHER}
"""  # noqa: S608

# A process that looked at these facts before and has not written yet compares the epoch: it finds another one, looks
# again, and decides on the facts that are written here.
_GUARD = "update floor set epoch = epoch + 1 where consumer = $1 and topic = $2 and partition = $3"

_WRITE = f"""
with changed as (
    update fact f set version = w.version, body = w.body::json from {_WANTED}
     where (f.name, f.key) = (w.name, w.key) and ({_OTHER}) returning 1
),
made as (
    insert into fact (name, key, version, body) select w.name, w.key, w.version, w.body::json from {_WANTED}
    on conflict do nothing returning 1
)
select (select count(*) from changed) + (select count(*) from made)
"""  # noqa: S608

_AHEAD = f"select name, key from {_WANTED} join fact f using (name, key) where f.version > w.version"  # noqa: S608

_FORGET_MISSED = "delete from missed where consumer = $1 and topic = $2 and partition = $3"


class PostgresFacts:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def count(self, name: str) -> int:
        return (await self._row("select count(*) from fact where name = $1", name))[0]

    async def has_floor(self, group: str, topic: str) -> bool:
        query = "select exists (select from floor where consumer = $1 and topic = $2)"
        return (await self._row(query, group, topic))[0]

    async def different(self, facts: Sequence[FactWrite]) -> int:
        return (await self._row(_DIFFERENT, *transposed(facts, 4)))[0]

    async def write(self, source: Source, facts: Sequence[FactWrite]) -> tuple[int, set[FactKey]]:
        columns = transposed(facts, 4)
        async with translated(), self._connection.transaction():
            await self._connection.execute(_GUARD, *source)
            written = (await self._connection.fetch(_WRITE, *columns))[0][0]
            ahead = await self._connection.fetch(_AHEAD, *columns)
        return written, {(row["name"], row["key"]) for row in ahead}

    async def _row(self, query: str, *arguments: object) -> asyncpg.Record:
        async with translated():
            return (await self._connection.fetch(query, *arguments))[0]

    async def nothing_is_missed(self, source: Source) -> None:
        async with translated():
            await self._connection.execute(_FORGET_MISSED, *source)


@contextlib.asynccontextmanager
async def open_facts(url: str, domain: str) -> AsyncGenerator[PostgresFacts]:
    """Raises Unavailable."""
    async with translated():
        connection = await asyncpg.connect(
            url, timeout=_SECONDS, command_timeout=_SECONDS * 4,
            server_settings={"application_name": "lezzet-reread", "search_path": domain},
        )  # fmt: skip
    try:
        yield PostgresFacts(connection)
    finally:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=_SECONDS)

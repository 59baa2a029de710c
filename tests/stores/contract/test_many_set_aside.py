"""100,000 events that wait: what is due is found in a few pages, and one that ends moves no other."""

import json
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest_asyncio

from infra.stack.stack import Stack
from stores.postgres import statements, writing
from stores.postgres.store import PostgresStore
from stores.protocol import Changes
from tests.stores.contract.stage import HERE, postgres

MANY = 100_000
PAGES = 60  # that one question may touch; the table has thousands

_FILL = """
insert into set_aside (consumer, id, topic, partition, key, incarnation, "offset", source, at, headers, body, since,
                       tries, due, reason)
select $1, 'e' || n, $2, $3, case when n % 2 = 0 then 'k' || n else 'one' end, 0, n, 'test', now(), '[]',
       convert_to(repeat('x', 500), 'utf8'), now() - interval '2 hours', 1,
       case when n % 2 = 0 then now() + n * interval '1 ms' when n = 1 then now() end, '452'
  from generate_series(1, $4::int) n
"""
"""A half waits behind one event."""


class Room:
    def __init__(self, connection: asyncpg.Connection, store: PostgresStore) -> None:
        self.connection, self.store = connection, store

    async def pages(self, statement: str, *arguments: Any) -> int:
        rows = await self.connection.fetch(f"explain (analyze, buffers, format json) {statement}", *arguments)
        plan = json.loads(rows[0][0])[0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def room(servers: Stack) -> AsyncGenerator[Room]:
    url, domain = servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}"
    async with postgres(url, domain) as stage:
        await stage.one.open(HERE, 0)
        connection = await asyncpg.connect(url, server_settings={"search_path": domain})
        await connection.execute("vacuum")
        await connection.execute(_FILL, *HERE, MANY)
        await connection.execute("vacuum analyze set_aside")
        assert isinstance(stage.one, PostgresStore)
        yield Room(connection, stage.one)
        await connection.close()


async def test_what_is_due_is_found_in_a_few_pages(room: Room) -> None:
    assert await room.pages(statements.NEXT_ASIDE, *HERE, 8) < PAGES


async def test_so_is_whether_a_key_waits_also_one_of_50000(room: Room) -> None:
    keys = ["one", "free", *(f"k{n}" for n in range(2, 20, 2))]
    assert await room.pages(statements.ASIDE, *HERE, keys) < PAGES


async def test_a_process_reads_a_few_at_a_time(room: Room) -> None:
    assert [row.id for row in await room.store.next_aside(HERE, 3)] == ["e1", "e2", "e4"]


async def test_what_waits_behind_50000_others_costs_no_more_to_free(room: Room) -> None:
    moment = await room.store.look([HERE])
    statement, arguments = writing.write(moment, {HERE: Changes(next=0, take_back=["e1"])})
    begun = await room.connection.fetchval("select pg_current_wal_lsn()")
    assert await room.pages(statement, *arguments) < PAGES
    assert await room.connection.fetchval("select pg_current_wal_lsn() - $1::pg_lsn", begun) < 8192 * PAGES
    assert [row.id for row in await room.store.next_aside(HERE, 2)] == ["e3", "e2"]


async def test_all_are_counted_without_reading_them(room: Room) -> None:
    size = await room.connection.fetchval("select pg_relation_size('set_aside') / 8192")
    assert (await room.store.waiting([HERE]))[HERE].events >= MANY - 1
    assert await room.pages(statements.WAITING, *HERE[:2], [0]) < size / 5

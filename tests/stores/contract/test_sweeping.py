"""What a sweep reads does not depend on how large the inbox is, nor on what lies beside what."""

import json
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.postgres import statements
from tests.stores.contract.stage import postgres

_DAYS = timedelta(days=7)
_LIMIT = 100

# 50 old entries everywhere among new ones, as where new ones have filled the places of those that were swept.
_MIXED = (
    "select 'edge', n::text, now() - case when n % ($1::int / 50) = 0 then interval '8 days' else interval '1 day' end"
    " from generate_series(1, $1::int) n"
)
_FILL = {
    "inbox": f"insert into inbox (source, id, at) {_MIXED}",
    "effect": f"insert into effect (consumer, id, at, done) select *, true from ({_MIXED}) m",
}
_SWEEPS = {"inbox": statements.SWEEP_INBOX, "effect": statements.SWEEP_EFFECTS}


@pytest_asyncio.fixture
async def admin(servers: Stack) -> AsyncGenerator[asyncpg.Connection]:
    domain = f"t{uuid.uuid4().hex[:10]}"
    async with postgres(servers.endpoints.postgres, domain):
        connection = await asyncpg.connect(servers.endpoints.postgres, server_settings={"search_path": domain})
        yield connection
        await connection.close()


async def _pages(admin: asyncpg.Connection, table: str) -> int:
    """Pages that a sweep touches; it is rolled back."""
    transaction = admin.transaction()
    await transaction.start()
    told = await admin.fetchval(f"explain (analyze, buffers, format json) {_SWEEPS[table]}", _DAYS, _LIMIT)
    await transaction.rollback()
    plan = json.loads(told)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


async def _fill(admin: asyncpg.Connection, table: str, rows: int) -> None:
    await admin.execute(f"truncate {table}")
    await admin.execute(_FILL[table], rows)
    await admin.execute(f"vacuum analyze {table}")


@pytest.mark.parametrize("table", ["inbox", "effect"])
async def test_a_sweep_of_a_table_ten_times_as_large_reads_as_many_pages(admin: asyncpg.Connection, table: str) -> None:
    await _fill(admin, table, 20_000)
    small = await _pages(admin, table)
    await _fill(admin, table, 200_000)
    assert await _pages(admin, table) < 2 * small

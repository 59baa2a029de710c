"""What is PostgreSQL's own: its time-outs keep a stopped process from holding a partition, and its migrations run once."""

import asyncio
import uuid

import asyncpg
import pytest

from infra.stack import Stack
from stores.errors import Unavailable
from stores.postgres import store as adapter
from stores.postgres.migrate import migrate
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes
from tests.stores.contract.stage import HERE, Stage, commit, postgres


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {"idle_in_transaction_session_timeout": "150", "lock_timeout": "60"}
    monkeypatch.setattr(adapter, "_SESSION", {**adapter._SESSION, **quick})


@pytest.mark.usefixtures("short")
async def test_waiting_too_long_for_the_floor_is_doubt(servers: Stack) -> None:
    async with postgres(servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}") as stage:
        await stage.one.open(HERE, 0)
        with pytest.raises(Unavailable, match="LockNotAvailable"):
            async with stage.one.unit(HERE):
                await commit(stage.other, HERE, Changes(next=1))


@pytest.mark.usefixtures("short")
async def test_a_process_that_stops_inside_its_transaction_loses_it_and_the_floor_is_free(servers: Stack) -> None:
    async with postgres(servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}") as stage:
        await stage.one.open(HERE, 0)
        with pytest.raises(Unavailable):
            async with stage.one.unit(HERE) as unit:
                await _patiently(stage)
                await unit.commit(Changes(next=9))
        async with stage.other.unit(HERE) as unit:
            assert unit.floor == 1


async def _patiently(stage: Stage) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await commit(stage.other, HERE, Changes(next=1))
                return
            except Unavailable:
                continue


async def test_migrations_run_once_and_make_what_the_store_needs(servers: Stack) -> None:
    domain, url = f"t{uuid.uuid4().hex[:10]}", servers.endpoints.postgres
    assert await asyncio.to_thread(migrate, url, domain) > 0
    assert await asyncio.to_thread(migrate, url, domain) == 0
    pool = await connect(url, domain)
    assert await PostgresStore(pool, domain).open(HERE, 3) == (3, 0, 0)
    pool.terminate()
    admin = await asyncpg.connect(url)
    await admin.execute(f"drop schema {domain} cascade")
    await admin.close()

"""What is PostgreSQL's own: its time-outs keep a stopped process from holding a partition, and its migrations run once."""

import asyncio
import uuid

import asyncpg
import pytest

from infra.stack.stack import Stack
from stores.errors import Conflict, Unavailable
from stores.postgres import store as adapter
from stores.postgres.migrate import migrate
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes
from tests.deadline import until
from tests.stores.contract.stage import HERE, THERE, Stage, commit, postgres, row


def _session(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    monkeypatch.setattr(adapter, "_SESSION", {**adapter._SESSION, **settings})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    _session(monkeypatch, idle_in_transaction_session_timeout="150", lock_timeout="60")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement's own time-out comes before the lock's."""
    _session(monkeypatch, statement_timeout="60")


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """An isolation in which PostgreSQL gives up where two transactions meet: what an operator may set for a database."""
    _session(monkeypatch, default_transaction_isolation="repeatable read")


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


@pytest.mark.usefixtures("hasty")
async def test_a_statement_that_takes_too_long_is_doubt_and_undoes_all(servers: Stack) -> None:
    async with postgres(servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}") as stage:
        for source in (HERE, THERE):
            await stage.one.open(source, 0)
        async with stage.other.unit(THERE) as slow:
            await slow.claim({("name", "x"): "a"})
            with pytest.raises(Unavailable, match="QueryCanceled"):
                async with stage.one.unit(HERE) as unit:
                    await unit.claim({("name", "y"): "b"})
                    await unit.claim({("name", "x"): "b"})  # waits for what becomes of the other's
        async with stage.one.unit(HERE) as unit:
            assert unit.floor == 0
            assert (await unit.claim({("name", name): "c" for name in "xy"})).fresh == {("name", "x"), ("name", "y")}


@pytest.mark.usefixtures("strict")
async def test_a_serialization_failure_is_doubt_and_the_next_try_sees_what_the_first_did(servers: Stack) -> None:
    async with postgres(servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}") as stage:
        await stage.one.open(HERE, 0)
        async with stage.one.unit(HERE) as unit:
            second = asyncio.create_task(commit(stage.other, HERE, Changes(next=1, outbox=[row("second")])))
            await _waiting_for_a_lock(servers)
            await unit.commit(Changes(next=1, outbox=[row("first")]))
        with pytest.raises(Conflict, match="40001"):
            await second
        async with stage.other.unit(HERE) as unit:
            assert unit.floor == 1
        assert [r.body for r in await stage.other.outbox(HERE)] == [b"first"]


async def _waiting_for_a_lock(servers: Stack) -> None:
    admin = await asyncpg.connect(servers.endpoints.postgres)

    async def somebody() -> bool:
        return await admin.fetchval("select exists(select 1 from pg_locks where not granted)")

    try:
        await until("the second to wait for the first", somebody)
    finally:
        await admin.close()


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

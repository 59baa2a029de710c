"""What is PostgreSQL's own: its time-outs keep a stopped process from holding a partition, and its migrations run once."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from infra.stack.stack import Stack
from stores.errors import Conflict, TimedOut, Unavailable
from stores.postgres import statements
from stores.postgres import store as adapter
from stores.postgres.migrate import migrate
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes, Floor
from tests.deadline import until, within
from tests.stores.contract.stage import HERE, commit, floor_of, postgres, row


def _session(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    monkeypatch.setattr(adapter, "_SESSION", {**adapter._SESSION, **settings})


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    _session(monkeypatch, lock_timeout="60")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement's own time-out comes before the lock's."""
    _session(monkeypatch, statement_timeout="1000")


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """An isolation in which PostgreSQL gives up where two transactions meet: what an operator may set for a database."""
    _session(monkeypatch, default_transaction_isolation="repeatable read")


@asynccontextmanager
async def held_floor(servers: Stack, domain: str) -> AsyncGenerator[asyncpg.Connection]:
    """Somebody's transaction has the floors locked: whatever writes waits."""
    admin = await asyncpg.connect(servers.endpoints.postgres)
    try:
        async with admin.transaction():
            await admin.execute(f'select 1 from "{domain}".floor for update')
            yield admin
    finally:
        await admin.close()


@pytest.mark.usefixtures("short")
async def test_waiting_too_long_for_the_floor_is_doubt(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    async with postgres(servers.endpoints.postgres, domain) as stage:
        await stage.one.open(HERE, 0)
        async with held_floor(servers, domain):
            with pytest.raises(Unavailable, match="LockNotAvailable"):
                await commit(stage.one, HERE, Changes(next=1))
        assert await floor_of(stage.one, HERE) == 0


@pytest.mark.usefixtures("hasty")
async def test_a_statement_that_takes_too_long_is_doubt_says_so_and_undoes_all(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    async with postgres(servers.endpoints.postgres, domain) as stage:
        await stage.one.open(HERE, 0)
        async with held_floor(servers, domain):
            with pytest.raises(TimedOut, match="QueryCanceled"):
                await commit(stage.one, HERE, Changes(next=1, outbox=[row("x")], claims={("name", "x"): "a"}))
        moment = await stage.one.look([HERE], claims=[("name", "x")])
        assert (moment.floors[HERE].next, moment.owners) == (0, {("name", "x"): None})
        assert await stage.one.outbox(HERE) == []


async def test_a_look_waits_for_nobody(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    async with postgres(servers.endpoints.postgres, domain) as stage:
        await stage.one.open(HERE, 0)
        async with held_floor(servers, domain):
            assert await within("a look", floor_of(stage.one, HERE)) == 0


@pytest.mark.usefixtures("strict")
async def test_a_serialization_failure_is_doubt_and_the_next_try_sees_what_the_first_did(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    async with postgres(servers.endpoints.postgres, domain) as stage:
        await stage.one.open(HERE, 0)
        moment = await stage.one.look([HERE])
        async with held_floor(servers, domain) as admin:
            second = asyncio.create_task(stage.one.write(moment, {HERE: Changes(next=1, outbox=[row("second")])}))
            await until("the write to wait for the first", lambda: _waits(admin))
            await admin.execute(f'update "{domain}".floor set next = 1')
        with pytest.raises(Conflict, match="40001"):
            await second
        assert await floor_of(stage.one, HERE) == 1
        assert await stage.other.outbox(HERE) == []


async def _waits(admin: asyncpg.Connection) -> bool:
    return await admin.fetchval(
        "select exists(select 1 from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid)))"
    )


async def test_migrations_run_once_and_make_what_the_store_needs(servers: Stack) -> None:
    domain, url = f"t{uuid.uuid4().hex[:10]}", servers.endpoints.postgres
    assert await asyncio.to_thread(migrate, url, domain) > 0
    assert await asyncio.to_thread(migrate, url, domain) == 0
    pool = await connect(url, domain)
    assert await PostgresStore(pool, domain).open(HERE, 3) == Floor(3, 0, 0)
    pool.terminate()
    admin = await asyncpg.connect(url)
    await admin.execute(f"drop schema {domain} cascade")
    await admin.close()


async def test_the_timers_that_wait_are_not_read(servers: Stack) -> None:
    """10,000 wait, three are due: these are found by the index, and the next one."""
    url, domain = servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}"
    async with postgres(url, domain) as stage:
        await stage.one.open(HERE, 0)
        connection = await asyncpg.connect(url, server_settings={"search_path": domain})
        await connection.execute(
            "insert into timer select n::text, 'n', n::text, now() + (n - 2.5) * interval '1 h', false,"
            f" '{HERE.group}', '{HERE.topic}', 0, '[]', '' from generate_series(0, 10000) n"
        )
        await connection.execute("analyze timer")
        asked = [[HERE.group], [HERE.topic], [0], [0], 100]
        (row,) = await connection.fetch(f"explain (analyze, format json) {statements.DUE_TIMERS}", *asked)
        read = [node for node in _nodes(json.loads(row[0])[0]["Plan"]) if node.get("Relation Name") == "timer"]
        assert {node["Index Name"] for node in read} == {"timer_due"}
        assert sum(node["Actual Rows"] * node["Actual Loops"] for node in read) == 4
        await connection.close()


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(each for below in plan.get("Plans", ()) for each in _nodes(below))]

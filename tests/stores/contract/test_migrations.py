"""Two that migrate at once, one that is killed in the middle, and what a migration finds there."""

import asyncio
import sys
import uuid

import asyncpg

from infra.stack.stack import Stack
from stores.postgres.migrate import RUNTIME, migrate
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes
from tests.deadline import within
from tests.stores.contract.stage import HERE, commit, row

_KILLED = """
import sys, time, yoyo.backends.base as base
from stores.postgres.migrate import migrate
def stand(*_): print("here", flush=True); time.sleep(60)
base.DatabaseBackend.apply_migrations = stand
migrate(sys.argv[1], sys.argv[2])
"""


async def _gone(url: str, domain: str) -> None:
    admin = await asyncpg.connect(url)
    await admin.execute(f"drop schema if exists {domain} cascade")
    await admin.close()


async def test_a_migration_that_was_killed_does_not_lock_out_the_next(servers: Stack) -> None:
    domain, url = f"t{uuid.uuid4().hex[:10]}", servers.endpoints.postgres
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, url, domain, stdout=asyncio.subprocess.PIPE
    )
    assert dying.stdout is not None
    assert await within("a migration under way", dying.stdout.readline()) == b"here\n"
    dying.kill()
    await dying.wait()
    try:
        assert await asyncio.to_thread(migrate, url, domain) > 0
    finally:
        await _gone(url, domain)


async def test_two_that_migrate_a_new_schema_at_once_do_it_once(servers: Stack) -> None:
    url = servers.endpoints.postgres
    for _ in range(5):
        domain = f"t{uuid.uuid4().hex[:10]}"
        try:
            done = await asyncio.gather(
                *(asyncio.to_thread(migrate, url, domain) for _ in range(3)), return_exceptions=True
            )
            assert not [repr(each) for each in done if isinstance(each, BaseException)]
            assert sum(each > 0 for each in done if isinstance(each, int)) == 1
        finally:
            await _gone(url, domain)


async def test_rows_that_wait_in_the_outbox_keep_their_order_when_they_get_ids(servers: Stack) -> None:
    """0002 comes to a database whose last process was killed before it had sent everything."""
    url, domain = servers.endpoints.postgres, f"t{uuid.uuid4().hex[:10]}"
    admin = await asyncpg.connect(url)
    await admin.execute(f"create schema {domain}; set search_path to {domain}")
    await admin.execute((RUNTIME / "0001_runtime.sql").read_text())
    await admin.executemany(
        "insert into outbox (consumer, topic, partition, channel, target, key, headers, body)"
        " values ($1, $2, $3, 'kafka', 'target', null, '[]', $4)",
        [(*HERE, str(n).encode()) for n in range(12)],
    )
    for later in sorted(RUNTIME.glob("*.sql"))[1:]:
        await admin.execute(later.read_text())
    pool = await connect(url, domain)
    store = PostgresStore(pool, domain)
    await store.open(HERE, 0)
    await commit(store, HERE, Changes(next=1, outbox=[row("after")]))
    assert [r.body for r in await store.outbox(HERE)] == [*(str(n).encode() for n in range(12)), b"after"]
    pool.terminate()
    await admin.execute(f"drop schema {domain} cascade")
    await admin.close()

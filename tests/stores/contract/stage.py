"""What the contract suite asks of an implementation: two stores of one domain that share no connection, and rude hands."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg
from redis.exceptions import ResponseError

from infra.layout.site import Endpoints
from stores.mongo.connection import connect as connect_mongo
from stores.mongo.provision import provision
from stores.mongo.store import MongoStore
from stores.postgres.migrate import RUNTIME
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Changes, DomainStore, OutboxRow, ParkedRow, RowId, Source, StateWrite
from stores.redis_authority.connections import Connections
from stores.redis_authority.making import Making
from stores.redis_authority.store import RedisStore
from stores.technologies import MONGO, POSTGRES, REDIS, Technology
from tests.agents.runtime.memory import MemoryStore, Tables
from tests.stores.wire import Wire

HERE = Source("counter.decide", "counter_commands", 0)
THERE = Source("counter.decide", "counter_commands", 1)


@dataclass(frozen=True)
class Stage:
    """one, other: two processes' stores. cut: breaks every connection of `one`. away: a store whose server is not there."""

    one: DomainStore
    other: DomainStore
    away: DomainStore
    cut: Callable[[], Awaitable[None]]


Stages = Callable[[str, str], AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def postgres(url: str, domain: str) -> AsyncGenerator[Stage]:
    """A schema of its own. The migration tool has a test of its own; here its files are enough, and quicker."""
    admin = await asyncpg.connect(url)
    await admin.execute(f"create schema {domain}; set search_path to {domain}")
    for file in sorted(RUNTIME.glob("*.sql")):
        await admin.execute(file.read_text())
    pools = [await connect(url, domain, size=3) for _ in range(2)]
    nowhere = await connect("postgresql://nobody@127.0.0.1:9/none", domain)

    async def cut() -> None:
        pids = [holder._con._protocol.get_server_pid() for holder in pools[0]._holders if holder._con is not None]
        await admin.execute("select pg_terminate_backend(pid) from unnest($1::int[]) pid", pids)

    try:
        one, other, away = (PostgresStore(pool, domain) for pool in (*pools, nowhere))
        yield Stage(one, other, away, cut)
    finally:
        for pool in (*pools, nowhere):
            pool.terminate()
        await admin.execute(f"drop schema if exists {domain} cascade")
        await admin.close()


@asynccontextmanager
async def mongo(url: str, domain: str) -> AsyncGenerator[Stage]:
    """A collection of its own. `one` reaches the server by a wire that can be cut."""
    host, _, port = urlsplit(url).netloc.rpartition("@")[2].partition(":")
    await provision(url, domain)
    async with Wire(host, int(port)) as wire:
        through = url.replace(f"{host}:{port}", f"127.0.0.1:{wire.port}")
        clients = [connect_mongo(each, domain) for each in (through, url)]
        nowhere = connect_mongo("mongodb://127.0.0.1:9/none", domain, patience=0.1)
        try:
            one, other, away = (MongoStore(client, domain) for client in (*clients, nowhere))
            yield Stage(one, other, away, wire.cut)
        finally:
            for client in (*clients, nowhere):
                await asyncio.to_thread(client.close)  # it says goodbye to the server, and the wire runs in this loop


@asynccontextmanager
async def redis(url: str, domain: str) -> AsyncGenerator[Stage]:
    """Keys of its own, in a store that is whole."""
    one, other, nowhere = Connections(url, size=3), Connections(url, size=3), Connections("redis://127.0.0.1:9", size=1)
    making = Making(other, domain)
    await making.finish({}, "new")

    async def cut() -> None:
        wires = [own._connection._transport for own in one._made if own._connection is not None]
        for host, port in [transport.get_extra_info("sockname") for transport in wires]:
            with suppress(ResponseError):  # it is cut already
                await other.call("CLIENT", "KILL", "ADDR", f"{host}:{port}")

    try:
        yield Stage(*(RedisStore(each, domain) for each in (one, other, nowhere)), cut)
    finally:
        await making.clear()
        for connections in (one, other, nowhere):
            await connections.close()


@asynccontextmanager
async def memory(url: str, domain: str) -> AsyncGenerator[Stage]:
    """The store of the property tests. It has no connection that could be cut."""

    async def cut() -> None:
        pass

    tables = Tables()
    yield Stage(MemoryStore(tables), MemoryStore(tables), MemoryStore(None), cut)


class Implementation(NamedTuple):
    """url: of its server, as its stage takes it. technology: None for a store that is no technology of the product."""

    url: Callable[[Endpoints], str]
    stage: Stages
    technology: Technology | None


# A row for each implementation of stores.protocol: the suite runs on all of them.
IMPLEMENTATIONS = {
    "postgres": Implementation(lambda at: at.postgres, postgres, POSTGRES),
    "mongo": Implementation(lambda at: at.mongo, mongo, MONGO),
    "redis": Implementation(lambda at: at.redis_baskets, redis, REDIS),
    "memory": Implementation(lambda at: "", memory, None),
}


# -- a batch in one line


def row(name: str, channel: str = "kafka", *, offset: int = 0, n: int = 0) -> OutboxRow:
    kind = "reply" if channel == "reply" else "kafka"
    return OutboxRow(kind, "target", b"key", "[]", name.encode(), RowId(0, offset, n))


def write(id: str, version: int, old: int = 0, body: str = "{}") -> StateWrite:
    return StateWrite(id, old, version, body)


def parked(key: str, id: str, offset: int = 0) -> ParkedRow:
    return ParkedRow(
        key=key, offset=offset, source="test", id=id, at=datetime(2026, 3, 1, tzinfo=UTC),
        headers=(("ce_id", id.encode()), ("alien", b"\xff\x00")), body=b"\x00\xff body", reason="why",
    )  # fmt: skip


async def commit(store: DomainStore, source: Source, changes: Changes) -> None:
    """A look at everything that the changes name, and the write."""
    moment = await store.look([source], claims=list(changes.claims))
    await store.write(moment, {source: changes})


async def floor_of(store: DomainStore, source: Source) -> int:
    return (await store.look([source])).floors[source].next

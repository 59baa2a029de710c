"""One partition, and processes that work on it: real PostgreSQL, Kafka and Redis, batches handed over by the test."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiokafka import ConsumerRecord
from redis.asyncio import Redis

from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import Doubt
from stores.kafka.admin import make_topics
from stores.kafka.log import Logged, Place, open_log
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Source
from stores.redis.fates import Fates
from stores.redis.replies import Replies
from stores.settings import Settings
from tests.agents.runtime.gates import GatedFates, GatedPublisher, GatedStore, Gates
from tests.agents.runtime.tally import DECIDER, Add, topics_of
from tests.deadline import within
from topics.deciding.decision import Decider, React
from topics.messages import headers, redrive

Record = ConsumerRecord[bytes, bytes]


PATIENCE = 50  # tries of a batch


class Process:
    """A process of the domain, without a consumer. Killing it is cancelling what it does and never using it again."""

    def __init__(
        self, world: "World", pool: Any, react: React[Any, Any] | None = None, prepare: Any = None,
        decider: Decider[Any, Any, Any, Any] = DECIDER,
    ) -> None:  # fmt: skip
        self.gates = Gates()
        self.world, self.pool = world, pool
        self.store = GatedStore(PostgresStore(pool, "tally"), self.gates)
        self.drain = Drain(self.store, GatedPublisher(world.publisher, self.gates), world.replies)  # type: ignore[arg-type]
        roles = Roles(world.commands, world.events, decider, react)
        self.work = Deciding(roles, self.store, self.drain, world.fates, prepare)  # type: ignore[arg-type]

    async def open(self, group: str | None = None, topic: str | None = None, partition: int = 0) -> Lease:
        """A lease on the partition, as after an assignment: leftovers are out."""
        source = Source(group or f"{self.world.run}.decide", topic or self.world.commands.name, partition)
        lease = Lease(source, end=10**6)
        self.world.leases.append(lease)
        await self.work.open(lease, 0)
        return lease

    async def do(self, lease: Lease, records: Sequence[Record], pause: float = 0.0) -> None:
        """One batch, to its end; doubt is met as in the runtime: again from the start, after a pause (s)."""
        batch, last = Batch(lease, list(records), records[0].offset), Doubt()
        lease.batch, self.store.first, self.store.incarnation = batch, batch.first, lease.incarnation
        for _ in range(PATIENCE):
            try:
                await within("an end of the batch", self.work.run(batch))
                break
            except Doubt as doubt:
                last = doubt
                await asyncio.sleep(pause)
        else:
            raise AssertionError(f"expected an end of doubt within {PATIENCE} tries: {last}")
        lease.next, lease.batch = batch.next, None

    def begin(self, lease: Lease, records: Sequence[Record]) -> "asyncio.Task[None]":
        return asyncio.create_task(self.do(lease, records))


class World:
    """run: unique, in every name and key. say(): appends a command to the (imagined) command log."""

    def __init__(self, settings: Settings, publisher: Publisher, redis: Redis) -> None:
        self.run = f"t{uuid.uuid4().hex[:10]}"
        self.commands, self.events = topics_of(self.run)
        self.settings, self.publisher, self.redis, self.replies = settings, publisher, redis, Replies(redis)
        self.fates = GatedFates(Fates(redis))
        self.log: list[Record] = []
        self.leases: list[Lease] = []
        self._pools: list[Any] = []

    def key(self, name: str) -> str:
        return f"{self.run}-{name}"

    def id(self, name: str) -> str:
        return f"{self.run}-{name}"

    async def process(self, **more: Any) -> Process:
        pool = await connect(self.settings.postgres, "tally", size=4)
        self._pools.append(pool)
        return Process(self, pool, **more)

    def say(
        self, key: str | None = "a", amount: int = 1, *, id: str | None = None, body: bytes | None = None,
        type: str | None = "Add", more: dict[str, str] | None = None, at: float | None = None, raw: Any = (),
        topic: str | None = None, fields: dict[str, Any] | None = None,
    ) -> Record:  # fmt: skip
        """id None: without one."""
        offset = len(self.log)
        named = {
            headers.TYPE: type,
            headers.ID: None if id is None else self.id(id),
            headers.SOURCE: "tests",
            **(more or {}),
        }
        content = msgspec.json.encode(Add(amount=amount, **(fields or {}))) if body is None else body
        said = ConsumerRecord(
            topic=topic or self.commands.name, partition=0, offset=offset,
            timestamp=int((time.time() if at is None else at) * 1000), timestamp_type=1,
            key=None if key is None else self.key(key).encode(), value=content, checksum=None,
            serialized_key_size=0, serialized_value_size=len(content),
            headers=[*((n, v.encode()) for n, v in named.items() if v is not None), *raw],
        )  # fmt: skip
        self.log.append(said)
        return said

    def redrive(self, key: str, repaired: dict[str, bytes] | None = None, drop: Sequence[str] = ()) -> Record:
        wish = redrive.Redrive(
            repaired=tuple(
                redrive.Repaired(id=self.id(i), source="tests", body=b) for i, b in (repaired or {}).items()
            ),
            drop=tuple(self.id(i) for i in drop),
        )
        return self.say(key, type=redrive.TYPE, id=f"redrive {uuid.uuid4()}", body=msgspec.json.encode(wish))

    # -- what happened

    async def published(self, topic: str) -> list[Logged]:
        """All that is on a topic of this test now."""
        async with open_log(self.settings.kafka) as log:
            bounds = await log.bounds([Place(topic, 0)])
            starts, ends = {p: b.first for p, b in bounds.items()}, {p: b.end for p, b in bounds.items()}
            return [record async for chunk in log.read(starts, ends) for record in chunk]

    async def dead(self) -> list[Logged]:
        return await self.published(self.commands.dead_letters)

    async def history(self, key: str = "a") -> list[tuple[int, str]]:
        """(total, id of the command) of each version as a reader sees it: lower repeats dropped. Fails on a gap."""
        seen: list[tuple[int, str]] = []
        for record in await self.published(self.events.name):
            if record.key != self.key(key).encode():
                continue
            named = {name: value.decode() for name, value in record.headers}
            version = int(named[headers.SEQUENCE])
            if version <= len(seen):
                continue
            assert version == len(seen) + 1, f"version {len(seen) + 1} of {key} is missing, {version} came"
            seen.append(
                (
                    msgspec.json.decode(record.body or b"")["total"],
                    named[headers.CAUSATION].removeprefix(f"{self.run}-"),
                )
            )
        return seen

    async def totals(self, key: str = "a") -> list[int]:
        return [total for total, _ in await self.history(key)]

    async def answer(self, operation: str) -> Any:
        """The stored reply, None where there is none."""
        value = await self.redis.get(f"reply:{self.id(operation)}")
        return None if value is None else msgspec.json.decode(value)

    async def query(self, statement: str, *arguments: Any) -> list[Any]:
        return await self._pools[0].fetch(statement, *arguments)

    async def settled(self, process: Process, lease: Lease) -> None:
        """Looks after the idle partition; then nothing may be left in its outbox."""
        process.drain._asked_at = 0.0  # type: ignore[attr-defined]
        await process.work.idle([lease])
        left = await self.query("select count(*) as n from outbox where topic = $1", self.commands.name)
        assert left[0]["n"] == 0, f"{left[0]['n']} rows are left in the outbox"

    async def close(self) -> None:
        for lease in self.leases:
            lease.end_now()
        for pool in self._pools:
            pool.terminate()


@asynccontextmanager
async def a_world(settings: Settings, publisher: Publisher, redis: Redis) -> AsyncGenerator[World]:
    world = World(settings, publisher, redis)
    await make_topics(settings.kafka, (world.commands, world.events))
    try:
        yield world
    finally:
        await world.close()

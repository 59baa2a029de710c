"""Two processes and more on one partition, driven by hand: what the consumer would hand them, when the test says so."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
from aiokafka import ConsumerRecord
from redis.asyncio import Redis

from agents.runtime.deciding import Deciding
from agents.runtime.drain import Drain
from agents.runtime.leases import Batch, Lease
from agents.runtime.ledger import Roles
from agents.runtime.publisher import Publisher
from stores.errors import Doubt
from stores.postgres.store import PostgresStore, connect
from stores.protocol import Source
from stores.redis.replies import Replies
from tests.agents.runtime.interleavings.barriers import PATIENCE, Barriers, StoppedPublisher, StoppedStore
from tests.agents.runtime.interleavings.without import guarded
from topics import headers
from topics.message import Message

Record = ConsumerRecord[bytes, bytes]


async def until(what: str, holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Asks again and again; says what did not come true."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.01)


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass
class Script:
    """A partition's log as the test writes it."""

    topic: str
    partition: int = 0
    records: list[Record] = field(default_factory=list[Record])

    def raw(
        self, key: bytes | None, body: bytes | None, named: Sequence[tuple[str, bytes]] = (), at: int | None = None
    ) -> Record:
        offset = self.records[-1].offset + 1 if self.records else 0
        made = ConsumerRecord(
            self.topic, self.partition, offset, now_ms() if at is None else at, 1, key, body, None, 0, 0, tuple(named)
        )
        self.records.append(made)
        return made

    def add(self, key: str, message: Message, id: str, *, at: int | None = None, **more: str) -> Record:
        """more: headers by the names of topics.headers, in lower case."""
        named = {headers.ID: id, headers.TYPE: type(message).__name__, headers.SOURCE: "test"}
        named |= {getattr(headers, name.upper()): value for name, value in more.items()}
        pairs = [(name, value.encode()) for name, value in named.items()]
        return self.raw(key.encode(), msgspec.json.encode(message), pairs, at)

    def batch(self, lease: Lease, first: int | None = None, end: int | None = None) -> Batch:
        """The records from `first` (the lease's offset) to before `end`."""
        start = lease.next if first is None else first
        found = [r for r in self.records if r.offset >= start and (end is None or r.offset < end)]
        return Batch(lease, found, found[0].offset)

    @property
    def end(self) -> int:
        return self.records[-1].offset + 1


class Owner:
    """A process that believes it owns the partition."""

    def __init__(self, pool: asyncpg.Pool, roles: Roles, outside: "Outside", preparation: Any, inbox: bool) -> None:
        self.pool = pool
        self.barriers = Barriers()
        self.store: Any = StoppedStore(guarded(PostgresStore(pool, roles.events.domain), inbox=inbox), self.barriers)
        self.publisher: Any = StoppedPublisher(outside.publisher, self.barriers, "publishing", "published")
        self.replies: Any = StoppedPublisher(outside.replies, self.barriers, "answering", "answered")
        self.drain = Drain(self.store, self.publisher, self.replies)
        self.work = Deciding(roles, self.store, self.drain, self.replies, preparation)
        self._group = f"{roles.events.domain}.decide"
        self._topic = roles.commands.name

    async def open(self, partition: int = 0) -> Lease:
        lease = Lease(Source(self._group, self._topic, partition))
        await self.patiently(lambda: self.work.open(lease, 0))
        return lease

    async def run(self, batch: Batch) -> None:
        """As carry does: doubt is tried again until it is gone, or until the lease ends."""
        await self.patiently(lambda: self.work.run(batch), batch.lease)
        if not batch.lease.closing.is_set():
            batch.lease.next = batch.next

    def start(self, batch: Batch) -> "asyncio.Task[None]":
        return asyncio.create_task(self.run(batch))

    async def patiently(self, do: Callable[[], Awaitable[None]], lease: Lease | None = None) -> None:
        deadline = time.monotonic() + PATIENCE
        while lease is None or not lease.closing.is_set():
            try:
                return await do()
            except Doubt:
                assert time.monotonic() < deadline, "doubt without an end"
                await asyncio.sleep(0.02)

    async def settle(self, lease: Lease) -> None:
        """What a quiet partition gets: left-overs out, what is out deleted."""
        self.drain._asked_at = 0.0  # not only once a second
        await self.patiently(lambda: self.work.idle(lease))

    async def die(self, task: "asyncio.Task[None] | None" = None) -> None:
        """SIGKILL: its connections break, nothing that it was about to do happens."""
        self.pool.terminate()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@dataclass
class Outside:
    """What all processes of the tests share."""

    postgres: str
    publisher: Publisher
    replies: Replies
    redis: Redis
    read: Callable[[str], Awaitable[list[Record]]]


@dataclass
class Scene:
    """One test's own domain: schema, topics, processes."""

    domain: str
    roles: Roles
    outside: Outside
    schema: asyncpg.Pool
    owners: list[Owner] = field(default_factory=list[Owner])

    async def owner(self, preparation: Any = None, *, inbox: bool = True) -> Owner:
        pool = await connect(self.outside.postgres, self.domain, size=3)
        made = Owner(pool, self.roles, self.outside, preparation, inbox)
        self.owners.append(made)
        return made

    def script(self, partition: int = 0) -> Script:
        return Script(self.roles.commands.name, partition)

    async def events(self) -> list[Record]:
        return await self.outside.read(self.roles.events.name)

    async def dead_letters(self) -> list[Record]:
        return await self.outside.read(self.roles.commands.dead_letters)

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        return await self.schema.fetch(statement, *arguments)

    async def reply(self, operation: str) -> Any:
        found = await self.outside.redis.get(f"reply:{operation}")
        return None if found is None else msgspec.json.decode(found)

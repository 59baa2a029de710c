"""Three partitions at once on a store that fails at every seam: whatever happens, nothing is lost, doubled or out of order.

Each story is told by its seed: what comes, in which batches, what is read again, where the store and the publisher fail, how
small the limits are. The same seed is the same story.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord
from structlog.testing import capture_logs

from agents.runtime.committing import rounds
from agents.runtime.deciding import deciding, redriving
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending import timers
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import decode_headers
from agents.runtime.transport.lease import Batch, Lease
from stores.errors import Conflict, Doubt, Stale, TimedOut, Unavailable
from stores.protocol import Changes, Due, DueTimer, Moment, OutboxRow, Source
from tests.agents.runtime import memory
from tests.agents.runtime.deciding.test_preparation import Looks
from tests.agents.runtime.memory import MemoryStore, Tables
from tests.agents.runtime.tally import BAD_LUCK, DECIDER, Add, Later, Tally, topics_of
from tests.deadline import within
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.redrive import Redrive, Repaired

COMMANDS, EVENTS = topics_of("stories")
PARTITIONS, STORIES, TRIES = 3, 200, 2_000
NOW = 1_800_000_000_000
GOOD = msgspec.json.encode(Add(amount=7))

Record = ConsumerRecord[bytes, bytes]


class Unreliable(MemoryStore):
    """Store, publisher, replies and fates. share: of the calls that fail, before or after they happened. hear: gets what is
    published. Its clock goes on with every question, and jumps."""

    def __init__(self, random: Random, share: float, hear: Callable[[OutboxRow], None] = lambda _: None) -> None:
        super().__init__(Tables())
        self._random, self._share, self._hear = random, share, hear
        self._clock = datetime.fromtimestamp(NOW / 1000, UTC)
        self.now = self._tick

    def _tick(self) -> datetime:
        self._clock += timedelta(seconds=self._random.choice([1, 1, 1, 10, -30, 60]))
        return self._clock

    async def _seam(self, *failures: Exception) -> None:
        for _ in range(self._random.randrange(3)):
            await asyncio.sleep(0)  # others come between
        if failures and self._random.random() < self._share:
            raise self._random.choice(failures)

    async def look(self, sources: Sequence[Source], **asked: Any) -> Moment:
        await self._seam(Unavailable("memory", "look"))
        moment = await super().look(sources, **asked)
        await self._seam()
        return moment

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        away, late = Unavailable("memory", "write"), TimedOut("memory", "write")
        await self._seam(away, late, Stale("something"), Conflict("something"))
        await super().write(moment, changes)
        await self._seam(Unavailable("memory", "the answer"))

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        await self._seam(Unavailable("Kafka", "before"))
        await super().publish(rows)
        for row in rows:
            self._hear(row)
        await self._seam(Unavailable("Kafka", "after"))

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        await self._seam(Unavailable("memory", "due timers"))
        due = await super().due_timers(epochs, limit)
        for timer in due.timers:
            assert timer.row.due <= self._clock, "before its time"
        await self._seam()
        return due

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        await self._seam(Unavailable("memory", "timers sent"))
        await super().timers_sent(timers)
        await self._seam(Unavailable("memory", "the answer"))


class Story:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.careful = self.random.random() < 0.5
        self.said: dict[str, Message | None] = {}
        self.logs = [
            [self._record(p, offset) for offset in range(self.random.randrange(1, 25))] for p in range(PARTITIONS)
        ]
        self.store = Unreliable(self.random, self.random.choice([0, 0.1, 0.3]), self._hear)
        roles, drain = Roles(COMMANDS, EVENTS, DECIDER), Drain(self.store, self.store, self.store)  # type: ignore[arg-type]
        self.work = Deciding(roles, self.store, drain, self.store, Looks() if self.careful else None)
        self.drain = drain

    def _record(self, partition: int, offset: int) -> Record:
        """The same id says the same wherever it comes again."""
        key = "abc"[partition] + self.random.choice("12")
        order = self.random.random() < 0.15
        id = f"redrive {key} {self.random.randrange(4)}" if order else f"{key}-{self.random.randrange(8)}"
        if id not in self.said:
            self.said[id] = self._order(key) if order else self._add()
        message = self.said[id]
        named = {
            headers.ID: id, headers.TYPE: type(message or Add(amount=1)).__name__, headers.SOURCE: "tests",
            headers.OPERATION: id, headers.DEADLINE: str(NOW * 2),
        }  # fmt: skip
        body = b"{" if message is None else msgspec.json.encode(message)
        pairs = [(name, value.encode()) for name, value in named.items()]
        return ConsumerRecord(COMMANDS.name, partition, offset, NOW, 1, key.encode(), body, None, 0, 0, pairs)

    def _order(self, key: str) -> Redrive:
        repaired = (Repaired(id=f"{key}-{self.random.randrange(8)}", source="tests", body=GOOD),)
        return Redrive(repaired=repaired, drop=tuple(f"{key}-{n}" for n in range(8) if self.random.random() < 0.3))

    def _add(self) -> Add | None:
        if self.random.random() < 0.05:
            return None
        return Add(
            amount=self.random.choice([1, 2, 3, -1, BAD_LUCK]), name=self.random.choice([None, None, "x", "y"]),
            prepared=self.careful and self.random.random() < 0.3, note=self.random.choice(["", "n" * 50]),
            releases=self.random.choice([None, None, None, "x", "y"]),
            sets=tuple(self._later(name) for name in "st" if self.random.random() < 0.2),
            cancels=tuple(name for name in "st" if self.random.random() < 0.1),
        )  # fmt: skip

    def _later(self, name: str) -> Later:
        again = self.random.choice([None, None, 10])
        return Later(name, self.random.choice([1, 2, 3, BAD_LUCK]), self.random.choice([-10, 0, 20, 200]), again)

    def _hear(self, row: OutboxRow) -> None:
        """The command of a timer comes to the end of its partition's log."""
        if row.target == COMMANDS.name:
            partition = "abc".index((row.key or b"").decode()[0])
            log, named = self.logs[partition], decode_headers(row.headers)
            log.append(ConsumerRecord(COMMANDS.name, partition, len(log), NOW, 1, row.key, row.body, None, 0, 0, named))

    async def live(self) -> None:
        await within("an end of the story", asyncio.gather(*(self._partition(p) for p in range(PARTITIONS))))

    async def _partition(self, partition: int) -> None:
        log, done = self.logs[partition], 0
        lease = await self._opened(partition)
        while done < len(log) or self._waiting(partition):
            if done == len(log):
                await asyncio.sleep(0)
                continue
            first, end = (
                max(0, done - self.random.choice([0, 0, 0, 2])),
                min(len(log), done + self.random.randrange(1, 9)),
            )
            batch = Batch(lease, log[first:end], first)
            for _ in range(TRIES):
                try:
                    await self.work.run(batch)
                    break
                except Doubt:
                    await asyncio.sleep(0)
                if self.random.random() < 0.1:
                    lease = await self._opened(partition)
                    batch = Batch(lease, log[first:end], first)
            else:
                raise AssertionError(f"partition {partition} stands still at {first}")
            done = end
        lease.end_now()
        await self._until_it_works(lambda: self.work.close(lease))
        await self._until_it_works(lambda: self.drain.left(lease))
        await self._until_it_works(lambda: self.drain.forget(lease))

    def _waiting(self, partition: int) -> bool:
        """Whether a timer of the partition is not sent."""
        tables = self.store.tables
        return any(key[0] == "abc"[partition] and row.id not in tables.sent for (key, _), row in tables.timers.items())

    async def _opened(self, partition: int) -> Lease:
        lease = Lease(Source("stories.decide", COMMANDS.name, partition))
        await self._until_it_works(lambda: self.work.open(lease, 0))
        return lease

    async def _until_it_works(self, ask: Any) -> None:
        while True:
            try:
                return await ask()
            except Doubt:
                await asyncio.sleep(0)

    def audit(self) -> None:
        tables = self.store.tables
        assert not tables.rows, "rows are left in the outbox"
        seen, causes = dict[str, int](), list[bytes]()
        for row in self.store.published:
            if row.target == EVENTS.name:
                named, key = dict(decode_headers(row.headers)), (row.key or b"").decode()
                version = int(named[headers.SEQUENCE])
                if version > seen.get(key, 0):
                    assert version == seen.get(key, 0) + 1, f"version {version} of {key} came after {seen.get(key, 0)}"
                    seen[key] = version
                    causes.append(named[headers.CAUSATION])
        assert len(causes) == len(set(causes)), "a command took effect twice"
        assert seen == {key: stored.version for key, stored in tables.aggregates.items()}
        self._nothing_is_lost(tables)
        self._timers_are_as_their_keys_believe(tables)

    def _timers_are_as_their_keys_believe(self, tables: Tables) -> None:
        believed = {
            (key, name): due
            for key, stored in tables.aggregates.items()
            for name, due in msgspec.json.decode(stored.body, type=Tally).waiting.items()
        }
        assert believed == {timer: row.due.isoformat() for timer, row in tables.timers.items()}
        parked = {row.id: row.reason for _, row in tables.parked.values()}
        assert all(row.id in parked for row in tables.timers.values()), "a timer was sent and its command is nowhere"
        assert not [reason for reason in parked.values() if reason.startswith("NotAsSet")]

    def _nothing_is_lost(self, tables: Tables) -> None:
        dropped = {id for said in self.said.values() if isinstance(said, Redrive) for id in said.drop}
        parked = {row.id for _, row in tables.parked.values()}
        for partition, log in enumerate(self.logs):
            assert tables.floors[Source("stories.decide", COMMANDS.name, partition)].next == len(log)
            for record in log:
                named = dict(record.headers)
                id, source = named[headers.ID].decode(), named[headers.SOURCE].decode()
                unread = source == "tests" and self.said[id] is None
                assert unread or (source, id) in tables.inbox or id in parked or id in dropped, f"{id} is nowhere"


@pytest.mark.parametrize("seed", range(STORIES))
async def test_whatever_fails_nothing_is_lost_doubled_or_out_of_order(seed: int, monkeypatch: pytest.MonkeyPatch):
    story = Story(seed)
    choose = story.random.choice
    monkeypatch.setattr(memory, "LOOK_BYTES", choose([10, 60, 10**6]))
    monkeypatch.setattr(redriving, "PREPARED_AT_ONCE", choose([1, 2, 16]))
    monkeypatch.setattr(rounds, "MANY", choose([1, 3, 64]))
    monkeypatch.setattr(rounds, "LATE", 3600)
    monkeypatch.setattr(timers, "EVERY", timedelta(0))
    written = choose([1, 500, 10**6])
    monkeypatch.setattr(redriving, "WRITTEN", written)
    monkeypatch.setattr(deciding, "WRITTEN", written)
    with capture_logs():
        await story.live()
    story.audit()

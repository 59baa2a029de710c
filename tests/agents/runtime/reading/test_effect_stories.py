"""Effects that fail as they like, on a store that fails at every seam, in processes that die: nothing is lost or out of order,
and only a death repeats. Each story is told by its seed."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from structlog.testing import capture_logs

from agents.runtime.reading import aside, effecting
from agents.runtime.reading.aside import GiveUp, NotNow
from agents.runtime.reading.effecting import Effecting
from agents.runtime.sending import drain
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import decode_headers
from agents.runtime.transport.lease import Batch, Lease, Reopen
from stores.errors import Doubt, Unavailable
from stores.protocol import AsideRow, OutboxRow, Source
from tests.agents.runtime.committing.test_stories import Unreliable
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import Add, Added, topics_of
from tests.deadline import within
from topics.deciding.decision import Send
from topics.messages import headers
from topics.messages.event import EventMeta

COMMANDS, EVENTS = topics_of("effects")
SOURCE = Source("effects.effect", EVENTS.name, 0)
STORIES, TRIES = 200, 5_000


class Store(Unreliable):
    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        await self._seam(Unavailable("memory", "begin"))
        begun = await super().begin_effects(source, epoch, ids)
        await self._seam(Unavailable("memory", "the answer"))
        return begun

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        await self._seam(Unavailable("memory", "end"))
        await super().end_effects(source, done, outbox)
        await self._seam(Unavailable("memory", "the answer"))

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        await self._seam(Unavailable("memory", "next"))
        return await super().next_aside(source, limit)


class Story:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.mortal = self.random.random() < 0.5
        self.store = Store(self.random, self.random.choice([0, 0.1, 0.3]))
        self.feed, self.out = Feed(EVENTS), list[str]()
        versions = Counter[str]()
        for _ in range(self.random.randrange(1, 30)):
            key = self.random.choice("abc")
            versions[key] += 1
            self.feed.event(key, versions[key])
            if self.random.random() < 0.1:
                self.feed.event(key, versions[key])  # its outbox row went out twice
        self.fails = {name: self._failures() for name in self.names()}
        self.work = self._process()

    def names(self) -> list[str]:
        return [dict(record.headers)[headers.ID].decode() for record in self.feed.log]

    def _failures(self) -> list[Exception]:
        later = NotNow("not now", datetime.now(UTC) + timedelta(days=1))
        too_late = NotNow("never again", datetime.now(UTC))
        kinds = [later, later, later, Unavailable("outside", "away"), too_late, GiveUp("late"), ValueError("bad")]
        weights = [6, 6, 6, 3, 1, 1, 1]
        return self.random.choices(kinds, weights, k=self.random.choice([0, 0, 1, 3]))

    def _process(self) -> Effecting:
        out = Drain(self.store, self.store, self.store)  # type: ignore[arg-type]
        return Effecting(EVENTS, "tests", Added, self._perform, self.store, out, self.random.choice([1, 2, 8]))

    async def _perform(self, event: Added, meta: EventMeta) -> Iterable[Send]:
        await asyncio.sleep(0)
        if self.fails[meta.id]:
            raise self.fails[meta.id].pop(0)
        self.out.append(meta.id)
        return [Send(COMMANDS, meta.aggregate_id, Add(amount=1))]

    async def live(self) -> None:
        lease, log = await self._opened(), self.feed.log
        for _ in range(TRIES):
            floor = self.store.tables.floors[SOURCE].next
            if floor == len(log) and not self.store.tables.aside and not self.store.tables.rows:
                return
            again = False
            try:
                if lease.next < len(log):
                    end = min(len(log), lease.next + self.random.randrange(1, 9))
                    await self.work.run(Batch(lease, log[lease.next : end], lease.next))
                    lease.next = end
                else:
                    again = lease in await self.work.idle([lease])
            except Doubt:
                again = self.random.random() < 0.2
            except Reopen:
                again = True
            if again:
                self.work = self._process() if self.mortal else self.work
                lease = await self._opened()
        raise AssertionError(f"it stands still: {self.store.tables.aside}")

    async def _opened(self) -> Lease:
        while True:
            lease = Lease(SOURCE)
            try:
                await self.work.open(lease, 0)
                return lease
            except Doubt:
                await asyncio.sleep(0)

    def audit(self) -> None:
        dead, told = set[str](), set[str]()
        for row in self.store.published:
            named = dict(decode_headers(row.headers))
            if row.target == EVENTS.dead_letters:
                dead.add(named[headers.DLQ_ID].decode())
            else:
                told.add(named[headers.CAUSATION].decode())
        assert dead | told == set(self.names()), "each is done or a dead letter"
        assert told <= set(self.out), "nothing is told that did not happen"
        if not self.mortal:
            assert not dead & told and len(self.out) == len(set(self.out)), "done twice though nobody died"
            assert set(self.out) == told
        for key in "abc":
            first = list(dict.fromkeys(id for id in self.out if id[0] == key))
            assert first == sorted(first, key=lambda id: int(id[2:])), f"out of order: {first}"


@pytest.mark.parametrize("seed", range(STORIES))
async def test_whatever_fails_no_effect_is_lost_or_out_of_order(seed: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(aside, "FIRST", timedelta(0))
    monkeypatch.setattr(effecting, "_AGAIN", timedelta(0))
    monkeypatch.setattr(drain, "_ASK", 0.0)
    story = Story(seed)
    with capture_logs():
        await within("an end of the story", story.live())
    story.audit()

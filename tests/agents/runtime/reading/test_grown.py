"""A topic that was raised: who reads a new partition has read the old one of its keys up to where it ended then."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from agents.runtime.reading.showing import Showing
from agents.runtime.transport.lease import Lease, NotYet
from stores.kafka.growth import Counts, Growth
from stores.kafka.partitioning import partition_of
from stores.kafka.replay import Stretch
from tests.agents.runtime.feed import Feed, Replayed
from tests.agents.runtime.reading.test_generations import Built
from tests.agents.runtime.reading.test_views import Sum
from tests.agents.runtime.world import World

OLDER, LATER = 6, 4
"""Events of the key in the partition where it was, and in the one where it is."""


class Grown(Built):
    """The events of key `a` stand in partition 0 first, then in partition 1."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.counts = Counts({self.feed.topic.name: Growth(1).raised(2, (OLDER,))})
        self.new = Feed(self.feed.topic, 1)
        self.read: list[int] = []  # partitions of which something was read for a view that is built beside
        self.may_build = asyncio.Event()
        self.may_build.set()
        for version in range(1, OLDER + LATER + 1):
            (self.feed if version <= OLDER else self.new).event("a", version)

    def projector(self, code: str = "tested") -> Showing:
        return Showing(
            f"{self.world.run}.project", self.feed.topic, (self.view,), self.store, self.generations, self.world.publisher,
            self.replay, code, self.counts,
        )  # fmt: skip

    @asynccontextmanager
    async def replay(self, topic: str, partition: int) -> AsyncGenerator[Replayed]:
        await self.may_build.wait()
        yield Told(self, partition)

    async def both(self, work: Showing) -> tuple[Lease, Lease]:
        """Everything is shown."""
        old = await self.opened(work)
        await self.run(work, old)
        new = await self.opened(work, self.new)
        await self.run_new(work, new)
        return old, new

    async def run_new(self, work: Showing, lease: Lease) -> None:
        batch = self.new.batch(lease)
        await work.run(batch)
        lease.next = batch.next


class Told(Replayed):
    """Gives two events at once, and tells of it."""

    def __init__(self, grown: Grown, partition: int) -> None:
        super().__init__((grown.feed, grown.new)[partition].log)
        self._grown, self._partition = grown, partition

    async def take(self, first: int, most: int) -> Stretch:
        self._grown.read.append(self._partition)
        return await super().take(first, min(most, 2))


@pytest_asyncio.fixture
async def grown(world: World, long_lived: None) -> AsyncGenerator[Grown]:
    made = Grown(world)
    await made.redis.flushdb()
    yield made
    await made.redis.aclose()


async def test_a_new_partition_of_a_view_is_opened_when_the_old_one_is_shown(grown: Grown):
    work = grown.projector()
    old = await grown.opened(work)
    with pytest.raises(NotYet):
        await grown.opened(work, grown.new)
    await grown.run(work, old, end=OLDER - 1)
    with pytest.raises(NotYet):
        await grown.opened(work, grown.new)
    await grown.run(work, old)
    new = await grown.opened(work, grown.new)
    assert new.next == 0
    await grown.run_new(work, new)
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))


async def test_a_view_that_is_built_beside_shows_the_old_partition_first(grown: Grown):
    work = grown.projector()
    old, new = await grown.both(work)
    await grown.order()
    await work.idle([new])  # its building begins first, and waits
    await grown.switched_to("@2", work, new, old)
    assert grown.read == sorted(grown.read) and set(grown.read) == {0, 1}
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))
    assert (new.missed, old.missed) == ("", "")


async def test_an_event_that_comes_while_a_view_is_built_waits_for_the_older_ones_of_its_key(grown: Grown):
    """The generation that is built stands at the same place of the new partition as the live one, and must not go on there."""
    work = grown.projector()
    early = grown.new.log[:]
    grown.new.log.clear()
    old = await grown.opened(work)
    await grown.run(work, old)
    new = await grown.opened(work, grown.new)
    await grown.order()
    grown.may_build.clear()
    await work.idle([old, new])
    grown.new.log.extend(early)
    await grown.run_new(work, new)
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))
    grown.may_build.set()
    await grown.switched_to("@2", work, old, new)
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))
    assert new.missed == ""


async def test_an_emptied_redis_is_filled_in_order(grown: Grown):
    work = grown.projector()
    old, new = await grown.both(work)
    await grown.redis.flushdb()
    assert (await work.idle([old, new])).keys() == {old, new}
    work = grown.projector()
    with pytest.raises(NotYet):
        await grown.opened(work, grown.new)
    await grown.both(work)
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))
    assert await grown.ready()


async def test_a_view_of_before_the_raise_takes_the_new_partitions_in(grown: Grown):
    after, grown.counts = grown.counts, Counts()
    work = grown.projector()
    await grown.run(work, await grown.opened(work))
    assert await grown.ready()
    grown.counts = after
    work = grown.projector()
    new = await grown.opened(work, grown.new)
    await grown.run_new(work, new)
    assert await grown.shown() == (OLDER + LATER, Sum(OLDER + LATER, OLDER + LATER))
    live = (await grown.known()).now.live
    assert live is not None and live.partitions == 2 and await grown.ready()


async def test_a_new_partition_of_commands_is_opened_when_the_old_one_is_done(world: World):
    process = await world.process()
    process.drain.counts.know({world.commands.name: Growth(1).raised(2, (2,))})
    key = next(name for name in map(str, range(50)) if partition_of(world.key(name).encode(), 2) == 0)
    old = await process.open()
    await process.do(old, [world.say(key, 1, id="1")])
    with pytest.raises(NotYet):
        await process.open(partition=1)
    await process.do(old, [world.say(key, 2, id="2")])
    assert (await process.open(partition=1)).next == 0
    assert await world.totals(key) == [1, 3]

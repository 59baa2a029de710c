"""Messages that lead to nothing: the store hears of them later, and nothing is lost or done twice by that."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from agents.runtime.reading.effecting import Effecting
from agents.runtime.reading.taking_in import Intake
from agents.runtime.transport import passing
from agents.runtime.transport.lease import Lease, Passed, Reopen
from stores.errors import Stale
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import Add, Added
from tests.agents.runtime.world import Process, World
from topics.deciding.decision import Origin, Send
from topics.messages import headers
from topics.messages.event import EventMeta

LOUD = 10  # amounts from here on lead to a command


class Reader:
    """A process that takes in the events of one feed."""

    def __init__(self, world: World, process: Process, feed: Feed) -> None:
        self.world, self.process, self.feed = world, process, feed
        self.work = Intake(feed.topic, "tests", self._translate, process.store, process.drain)

    def _translate(self, message: Any, origin: Origin) -> Iterable[Send]:
        if message.amount >= LOUD:
            yield Send(self.world.commands, "a", Add(amount=message.amount))

    async def opened(self, *, moved: bool = True) -> Lease:
        """moved: as after a batch that went to the store."""
        lease = self.feed.lease(f"{self.world.run}.decide")
        await self.work.open(lease, 0)
        lease.moved = moved
        return lease

    async def reads(self, lease: Lease, first: int | None = None) -> None:
        """The rest of the feed as one batch."""
        batch = self.feed.batch(lease, first)
        await self.work.run(batch)
        lease.next = batch.next

    async def floor(self, lease: Lease) -> int:
        return (await self.process.store.look([lease.source])).floors[lease.source].next

    async def commands(self) -> int:
        """Each once: who is surprised publishes again what the outbox still has."""
        return len({dict(each.headers)[headers.ID] for each in await self.world.published(self.world.commands.name)})


async def reader(world: World, feed: Feed) -> Reader:
    return Reader(world, await world.process(), feed)


def key(feed: Feed) -> str:
    """Of its events; ids are made of it, and the inbox is of all tests."""
    return f"{feed.topic.name} a"


def quiet(feed: Feed, *versions: int) -> None:
    for version in versions:
        feed.event(key(feed), version)


def loud(feed: Feed, version: int) -> None:
    feed.event(key(feed), version, amount=LOUD)


async def test_the_store_hears_of_them_with_the_next_one_that_leads_to_something(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2, 3)
    lease = await one.opened()
    await one.reads(lease)
    assert (await one.floor(lease), lease.passed) == (0, Passed(0, 3))
    loud(feed, 4)
    await one.reads(lease)
    assert (await one.floor(lease), lease.passed, await one.commands()) == (4, Passed(0, 3, told=True), 1)


async def test_they_are_not_entered_in_the_inbox_also_beside_one_that_is(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1)
    loud(feed, 2)
    lease = await one.opened()
    await one.reads(lease)
    ids = [("lezzet/tests", f"{key(feed)} {version}") for version in (1, 2)]
    assert set((await one.process.store.look([lease.source], ids=ids)).known) == {ids[1]}


async def test_one_of_another_publisher_is_entered_since_it_may_be_a_mended_dead_letter(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    feed.event(key(feed), 1, source="somebody")
    lease = await one.opened()
    await one.reads(lease)
    known = (await one.process.store.look([lease.source], ids=[("somebody", f"{key(feed)} 1")])).known
    assert (await one.floor(lease), lease.passed, len(known)) == (1, None, 1)


async def test_where_none_comes_after_them_the_idle_work_moves_the_floor(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2)
    lease = await one.opened()
    await one.reads(lease)
    assert await one.work.idle([lease]) == {}
    assert (await one.floor(lease), lease.passed) == (2, Passed(0, 2, told=True))


async def test_the_first_of_a_lease_go_to_the_store(world: World):
    """So a partition that is opened again and again comes forward all the same."""
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2)
    lease = await one.opened(moved=False)
    await one.reads(lease)
    assert (await one.floor(lease), lease.passed) == (2, None)
    quiet(feed, 3)
    await one.reads(lease)
    assert (await one.floor(lease), lease.passed) == (2, Passed(2, 3))


async def test_a_process_that_ends_moves_the_floor_unless_the_partition_has_another_owner(world: World):
    feed = Feed(world.events)
    one, other = await reader(world, feed), await reader(world, feed)
    quiet(feed, 1, 2)
    lease = await one.opened()
    await one.reads(lease)
    await one.work.close(lease)
    assert await one.floor(lease) == 2
    quiet(feed, 3)
    await one.reads(lease)
    await other.opened()
    await one.work.close(lease)
    assert (await one.floor(lease), lease.floor_is_behind) == (2, False)


async def test_after_a_kill_they_are_read_again_and_what_comes_after_them_is_done_once(world: World):
    feed = Feed(world.events)
    killed, heir = await reader(world, feed), await reader(world, feed)
    quiet(feed, 1, 2)
    await killed.reads(await killed.opened())
    lease = await heir.opened()
    assert lease.next == 0
    loud(feed, 3)
    await heir.reads(lease)
    assert (await heir.floor(lease), await heir.commands()) == (3, 1)


async def test_who_has_lost_the_partition_does_nothing_again_that_its_new_owner_has_done(world: World):
    feed = Feed(world.events)
    old, new = await reader(world, feed), await reader(world, feed)
    quiet(feed, 1, 2)
    left = await old.opened()
    await old.reads(left)
    loud(feed, 3)
    lease = await new.opened()
    await new.reads(lease)
    assert await old.work.idle([left]) == {} and left.passed == Passed(0, 2, told=True)
    await old.reads(left)
    assert (await old.floor(left), await old.commands()) == (3, 1)


async def test_a_floor_that_its_new_owner_has_moved_among_them_is_no_hole(world: World):
    feed = Feed(world.events)
    old, new = await reader(world, feed), await reader(world, feed)
    quiet(feed, 1, 2)
    left = await old.opened()
    await old.reads(left)
    quiet(feed, 3)
    await old.reads(left)
    lease = await new.opened()
    await new.work.run(feed.batch(lease, 0, 2))
    await new.work.idle([lease])
    assert await old.floor(left) == 2
    loud(feed, 4)
    await old.reads(left)
    assert (await old.floor(left), await old.commands()) == (4, 1)


async def test_a_floor_that_is_moved_past_them_just_after_somebody_looked_is_no_hole(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2)
    lease = await one.opened()
    await one.reads(lease)
    loud(feed, 3)
    gate = one.process.gates.stop_at("looked")
    reading = asyncio.create_task(one.reads(lease))
    await gate.reached()
    assert await one.work.idle([lease]) == {}
    gate.open()
    with pytest.raises(Stale):
        await reading
    await one.reads(lease)
    assert (await one.floor(lease), await one.commands()) == (3, 1)


async def test_messages_that_are_missing_before_them_are_noticed(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2, 3)
    lease = await one.opened()
    with pytest.raises(Reopen, match="a hole: the floor is 0, the batch begins at 1"):
        await one.reads(lease, 1)


async def test_a_topic_that_was_made_anew_meanwhile_is_opened_again(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1)
    lease = await one.opened()
    await one.reads(lease)
    lease.incarnation -= 1
    assert list(await one.work.idle([lease])) == [lease]
    assert await one.floor(lease) == 0


async def test_a_floor_that_somebody_has_moved_back_opens_the_partition_again(world: World):
    feed = Feed(world.events)
    one = await reader(world, feed)
    quiet(feed, 1, 2)
    lease = await one.opened()
    lease.next = 1
    await one.reads(lease)
    assert list(await one.work.idle([lease])) == [lease]


async def test_the_floor_stays_no_further_behind_than_is_read_again_soon(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passing, "MOST", 2)
    feed = Feed(world.events)
    one = await reader(world, feed)
    lease = await one.opened()
    for version in (1, 2, 3):
        quiet(feed, version)
        await one.reads(lease)
    assert (await one.floor(lease), lease.passed) == (3, Passed(0, 2, told=True))


async def test_an_event_without_an_effect_is_passed_over_and_the_next_effect_happens_once(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    feed, process, done = Feed(world.events), await world.process(), list[str]()

    async def perform(event: Added, meta: EventMeta) -> Iterable[Send]:
        done.append(meta.id)
        return ()

    async def floor() -> int:
        return (await process.store.look([lease.source])).floors[lease.source].next

    quiet(feed, 1, 2)
    work = Effecting(feed.topic, "tests", Add, perform, process.store, process.drain, 8)
    lease = feed.lease(f"{world.run}.effect")
    await work.open(lease, 0)
    lease.moved = True
    await work.run(feed.batch(lease))
    lease.next = 2
    assert (lease.passed, await floor(), done) == (Passed(0, 2), 0, [])
    quiet(feed, 3)
    monkeypatch.setattr(work, "_of", Added)
    await work.run(feed.batch(lease))
    lease.next = 3
    # The effect is recorded, so its event does nothing when it is read again: the floor may be told later here, too.
    assert (lease.passed, await floor(), done) == (Passed(0, 3), 0, [f"{key(feed)} 3"])
    again = feed.lease(f"{world.run}.effect")
    await work.open(again, 0)
    await work.run(feed.batch(again))
    await work.idle([again])
    assert (await floor(), done.count(f"{key(feed)} 3")) == (3, 1)

"""A domain's own copy of another's facts: in the transaction that moves the floor."""

from typing import Any

import msgspec

from agents.runtime.reading.copying import Copying
from agents.runtime.transport.lease import Lease
from stores.errors import Unavailable
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import BAD_LUCK, Added
from tests.agents.runtime.world import Process, World
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta

GONE = 666  # an amount that takes the fact away


class Known(msgspec.Struct, frozen=True):
    applied: int
    sum: int


def _show(before: Known | None, event: Added, meta: EventMeta) -> Shown[Known]:
    if event.amount == BAD_LUCK:
        raise RuntimeError("13 brings bad luck")
    before = before or Known(0, 0)
    return Shown(None if event.amount == GONE else Known(before.applied + 1, before.sum + event.amount))


class Copy:
    """A process that copies; `table` is the test's own."""

    def __init__(self, world: World, process: Process, feed: Feed) -> None:
        self.world, self.process, self.feed = world, process, feed
        table = FactTable[Known, Added](name=world.run, topic=feed.topic, document=Known, show=_show)
        self.work = Copying(feed.topic, [table], process.store, process.drain)

    async def opened(self) -> Lease:
        lease = self.feed.lease(f"{self.world.run}.project")
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease, first: int | None = None, end: int | None = None) -> None:
        batch = self.feed.batch(lease, first, end)
        self.process.store.first = batch.first
        while True:
            try:
                await self.work.run(batch)
                break
            except Unavailable:
                continue
        lease.next = batch.next

    async def fact(self, key: str = "a") -> Any:
        rows = await self.world.query(
            "select version, body from fact where name = $1 and key = $2", self.world.run, key
        )
        return (
            (rows[0]["version"], rows[0]["body"] and msgspec.json.decode(rows[0]["body"], type=Known)) if rows else None
        )


async def copies(world: World, count: int) -> list[Copy]:
    feed = Feed(world.events)
    return [Copy(world, await world.process(), feed) for _ in range(count)]


async def test_facts_follow_the_versions_and_repeats_are_dropped(world: World):
    (copy,) = await copies(world, 1)
    for version in (1, 2, 1, 2, 3):
        copy.feed.event("a", version, 10)
    await copy.run(await copy.opened())
    assert await copy.fact() == (3, Known(3, 30))


async def test_a_fact_that_is_gone_keeps_its_version_against_late_events(world: World):
    (copy,) = await copies(world, 1)
    lease = await copy.opened()
    copy.feed.event("a", 1, 10)
    copy.feed.event("a", 2, GONE)
    await copy.run(lease)
    assert await copy.fact() == (2, None)
    copy.feed.event("a", 1, 10)
    await copy.run(lease)
    assert await copy.fact() == (2, None)
    copy.feed.event("a", 3, 5)
    await copy.run(lease)
    assert await copy.fact() == (3, Known(1, 5))


async def test_a_version_gap_is_kept_for_other_code_and_the_rest_goes_on(world: World):
    (copy,) = await copies(world, 1)
    for key, version in (("a", 1), ("a", 3), ("b", 1)):
        copy.feed.event(key, version)
    copy.feed.event("c", 1, body=b"{", source="somebody")
    lease = await copy.opened()
    await copy.run(lease)
    assert (await copy.fact("a"), await copy.fact("b")) == ((1, Known(1, 1)), (1, Known(1, 1)))
    dead = await world.published(copy.feed.topic.dead_letters)
    assert [dict(record.headers)["dlq_offset"] for record in dead] == [b"3"]
    assert lease.missed == "offset 1: version gap: 1 was seen, 3 came"


async def test_a_zombie_and_a_lost_answer_copy_nothing_twice(world: World):
    zombie, owner = await copies(world, 2)
    for version in (1, 2):
        zombie.feed.event("a", version, 10)
    old, new = await zombie.opened(), await owner.opened()
    owner.process.gates.fail_at("after write")
    await owner.run(new)
    await zombie.run(old)
    assert await owner.fact() == (2, Known(2, 20))


async def test_a_write_that_did_not_happen_is_done_again(world: World):
    (copy,) = await copies(world, 1)
    copy.feed.event("a", 1, 10)
    copy.process.gates.fail_at("before write")
    await copy.run(await copy.opened())
    assert await copy.fact() == (1, Known(1, 10))


async def test_an_event_that_its_table_raises_over_leaves_only_its_aggregate_behind(world: World):
    copy = Copy(world, await world.process(), Feed(world.events))
    lease = await copy.opened()
    for key, version, amount in (("a", 1, 1), ("a", 2, BAD_LUCK), ("b", 1, 2), ("a", 3, 4)):
        copy.feed.event(key, version, amount)
    await copy.run(lease)
    assert (await copy.fact("a"), await copy.fact("b")) == ((1, Known(1, 1)), (1, Known(1, 2)))
    assert "13 brings bad luck" in lease.missed
    assert await world.published(world.events.dead_letters) == []

"""Two processes that both believe the partition is theirs: one was stopped, lost it, and wakes."""

import pytest

from agents.runtime.transport.lease import Reopen
from tests.agents.runtime.world import World


@pytest.mark.usefixtures("no_inbox")
@pytest.mark.parametrize("step", ["looked", "before write"])
async def test_a_zombie_that_wakes_before_its_write_and_the_owner_have_one_write_between_them(world: World, step: str):
    zombie, owner = await world.process(), await world.process()
    batch = [world.say(amount=1), world.say(amount=2)]
    old, new = await zombie.open(), await owner.open()
    gate = zombie.gates.stop_at(step)
    asleep = zombie.begin(old, batch)
    await gate.reached()
    working = owner.begin(new, batch)
    gate.open()
    await asleep
    await working
    assert await world.totals() == [1, 3]
    await world.settled(owner, new)


@pytest.mark.usefixtures("no_inbox")
async def test_a_zombie_that_wakes_before_its_look_finds_the_work_done(world: World):
    zombie, owner = await world.process(), await world.process()
    batch = [world.say(amount=1), world.say(amount=2)]
    old, new = await zombie.open(), await owner.open()
    await owner.do(new, batch)
    await zombie.do(old, batch)
    assert await world.totals() == [1, 3]
    await world.settled(owner, new)


async def test_a_zombie_that_wakes_after_its_write_leaves_its_events_to_the_owner(world: World):
    zombie, owner = await world.process(), await world.process()
    old, new = await zombie.open(), await owner.open()
    gate = zombie.gates.stop_at("after write")
    asleep = zombie.begin(old, [world.say(amount=1)])
    await gate.reached()
    # The owner's next batch begins above what it knows: it drains what the zombie committed, before its own.
    await owner.do(new, [*world.log, world.say(amount=2)])
    assert await world.totals() == [1, 3]
    old.end_now()
    gate.open()
    with pytest.raises(Reopen):
        await asleep
    await world.settled(owner, new)


async def test_a_zombie_before_its_drain_is_covered_by_an_owner_without_messages(world: World):
    zombie, owner = await world.process(), await world.process()
    old, new = await zombie.open(), await owner.open()
    gate = zombie.gates.stop_at("before publish")
    asleep = zombie.begin(old, [world.say(amount=1)])
    await gate.reached()
    await world.settled(owner, new)
    assert await world.totals() == [1]
    asleep.cancel()


async def test_a_zombie_that_publishes_late_repeats_ids_and_versions_that_readers_drop(world: World):
    zombie, owner = await world.process(), await world.process()
    old, new = await zombie.open(), await owner.open()
    gate = zombie.gates.stop_at("before publish")
    asleep = zombie.begin(old, [world.say(amount=1)])
    await gate.reached()
    await owner.do(new, [*world.log, world.say(amount=2)])
    gate.open()
    await asleep
    events = await world.published(world.events.name)
    ids = [dict(event.headers)["ce_id"] for event in events]
    assert len(ids) == 3, "one event came twice"
    assert len(set(ids)) == 2
    assert await world.totals() == [1, 3]
    await world.settled(owner, new)


async def test_a_zombie_after_its_drain_changes_nothing(world: World):
    zombie, owner = await world.process(), await world.process()
    old, new = await zombie.open(), await owner.open()
    gate = zombie.gates.stop_at("after publish")
    asleep = zombie.begin(old, [world.say(amount=1)])
    await gate.reached()
    await owner.do(new, [*world.log, world.say(amount=2)])
    gate.open()
    await asleep
    assert await world.totals() == [1, 3]
    await world.settled(owner, new)

"""Kafka's offset is a hint: whatever is read again, or not at all, the floor knows."""

import pytest

from agents.runtime.transport.lease import Reopen
from tests.agents.runtime.world import World

pytestmark = pytest.mark.usefixtures("no_inbox")


@pytest.mark.parametrize("again", [slice(0, 3), slice(1, 3), slice(0, 2), slice(2, 5), slice(0, 5)])
async def test_a_batch_read_again_wholly_or_in_part_is_skipped_so_far(world: World, again: slice):
    process = await world.process()
    lease = await process.open()
    for amount in range(1, 6):
        world.say(amount=amount)
    await process.do(lease, world.log[0:3])
    await process.do(lease, world.log[again])
    await process.do(lease, world.log[3:5])
    assert await world.totals() == [1, 3, 6, 10, 15]
    await world.settled(process, lease)


async def test_a_hole_is_read_again_and_only_one_that_stays_is_real(world: World):
    process = await world.process()
    lease = await process.open()
    for amount in (1, 2, 3):
        world.say(amount=amount)
    await process.do(lease, world.log[0:1])
    with pytest.raises(Reopen) as hole:
        await process.do(lease, world.log[2:3])
    assert hole.value.hole == 1, "the floor before which something is missing"
    await process.do(lease, world.log[1:3])
    assert await world.totals() == [1, 3, 6]


async def test_a_hole_seen_twice_is_real_and_work_goes_on(world: World):
    process = await world.process()
    lease = await process.open()
    for amount in (1, 2, 3):
        world.say(amount=amount)
    await process.do(lease, world.log[0:1])
    lease.hole = 1  # as the lease is opened again after the Reopen
    await process.do(lease, world.log[2:3])
    assert await world.totals() == [1, 4]
    assert (await process.open()).next == 3


async def test_a_new_owner_begins_at_the_floor(world: World):
    first, second = await world.process(), await world.process()
    await first.do(await first.open(), [world.say(amount=1), world.say(amount=2)])
    assert (await second.open()).next == 2

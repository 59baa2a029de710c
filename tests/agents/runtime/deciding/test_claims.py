"""Unique values across partitions: an address is registered once."""

import asyncio

from tests.agents.runtime.world import World


def _name(world: World) -> dict[str, str]:
    return {"name": f"{world.run}@example.com"}


def _releases(world: World) -> dict[str, str]:
    return {"releases": f"{world.run}@example.com"}


async def test_two_registrations_of_one_address_in_two_partitions_have_one_winner(world: World):
    one, two = await world.process(), await world.process()
    first, second = await one.open(), await two.open(partition=1)
    gate, other_gate = one.gates.stop_at("before write"), two.gates.stop_at("before write")
    registering = one.begin(first, [world.say("a", 1, fields=_name(world))])
    await gate.reached()
    world.log.clear()
    also_free = two.begin(second, [world.say("b", 2, fields=_name(world))])
    await other_gate.reached()
    gate.open()
    await registering
    other_gate.open()
    await also_free
    assert (await world.totals("a"), await world.totals("b")) == ([1], [])


async def test_if_the_first_is_killed_before_its_write_the_second_gets_it(world: World):
    one, two = await world.process(), await world.process()
    first, second = await one.open(), await two.open(partition=1)
    gate = one.gates.stop_at("before write")
    dying = one.begin(first, [world.say("a", 1, fields=_name(world))])
    await gate.reached()
    world.log.clear()
    waiting = two.begin(second, [world.say("b", 2, fields=_name(world))])
    dying.cancel()
    await asyncio.wait([dying])
    await waiting
    assert await world.totals("b") == [2]


async def test_a_refused_command_gives_its_claim_back(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", -1, fields=_name(world))])
    await process.do(lease, [world.say("b", 2, fields=_name(world))])
    assert await world.totals("b") == [2]


async def test_a_refused_command_does_not_give_back_what_was_owned_before(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1, fields=_name(world))])
    await process.do(lease, [world.say("a", -1, fields=_name(world))])
    await process.do(lease, [world.say("b", 2, fields=_name(world))])
    assert await world.totals("b") == []


async def test_two_in_one_batch_have_one_winner_the_first(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1, fields=_name(world)), world.say("b", 2, fields=_name(world))])
    assert (await world.totals("a"), await world.totals("b")) == ([1], [])


async def test_what_a_refused_command_claimed_is_free_to_the_next_in_its_batch(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(
        lease, [world.say("a", -1, fields=_name(world)), world.say("b", 2, fields=_name(world)), world.say("a", 3)]
    )
    assert (await world.totals("a"), await world.totals("b")) == ([3], [2])
    await world.settled(process, lease)


async def test_a_released_value_is_free_to_others(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1, fields=_name(world))])
    await process.do(lease, [world.say("a", 2, fields=_releases(world))])
    await process.do(lease, [world.say("b", 3, fields=_name(world))])
    assert (await world.totals("a"), await world.totals("b")) == ([1, 3], [3])
    await process.do(lease, [world.say("a", 4, fields=_name(world))])
    assert await world.totals("a") == [1, 3], "it is the other one's now"


async def test_a_released_value_is_free_to_the_next_in_its_batch(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1, fields=_name(world))])
    await process.do(
        lease,
        [world.say("a", 2, fields=_releases(world)), world.say("b", 3, fields=_name(world)), world.say("a", 4)],
    )
    assert (await world.totals("a"), await world.totals("b")) == ([1, 3, 7], [3])
    await world.settled(process, lease)


async def test_claimed_and_released_in_one_batch_it_is_free_after_it(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1, fields=_name(world)), world.say("a", 2, fields=_releases(world))])
    await process.do(lease, [world.say("b", 3, fields=_name(world))])
    assert (await world.totals("a"), await world.totals("b")) == ([1, 3], [3])


async def test_a_release_that_did_not_happen_leaves_the_value_with_its_owner(world: World):
    """Killed before the commit: another partition waits for the transaction and then sees the old owner."""
    one, two = await world.process(), await world.process()
    first, second = await one.open(), await two.open(partition=1)
    await one.do(first, [world.say("a", 1, fields=_name(world))])
    gate = one.gates.stop_at("before write")
    dying = one.begin(first, [world.say("a", 2, fields=_releases(world))])
    await gate.reached()
    dying.cancel()
    await asyncio.wait([dying])
    world.log.clear()
    await two.do(second, [world.say("b", 3, fields=_name(world))])
    assert (await world.totals("a"), await world.totals("b")) == ([1], [])

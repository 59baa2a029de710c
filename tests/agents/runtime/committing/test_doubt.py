"""Nobody knows whether it happened: begin again, from the start, as often as it takes."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from stores.errors import Conflict, Unavailable
from tests.agents.runtime.world import World
from tests.deadline import until


@pytest.mark.usefixtures("no_inbox")
async def test_a_write_whose_answer_is_lost_is_found_out_by_the_floor(world: World):
    process = await world.process()
    lease = await process.open()
    process.gates.fail_at("after write")
    await process.do(lease, [world.say(amount=1), world.say(amount=2)])
    assert await world.totals() == [1, 3]
    await process.do(lease, [world.say(amount=3)])
    assert await world.totals() == [1, 3, 6]
    await world.settled(process, lease)


async def test_a_write_that_did_not_happen_is_done_again(world: World):
    process = await world.process()
    lease = await process.open()
    process.gates.fail_at("before write")
    await process.do(lease, [world.say(amount=1)])
    assert await world.totals() == [1]
    await world.settled(process, lease)


@pytest.mark.parametrize("step", ["before publish", "after publish"])
async def test_a_publish_without_an_answer_is_repeated_and_nothing_is_decided_twice(world: World, step: str):
    process = await world.process()
    lease = await process.open()
    process.gates.fail_at(step, Unavailable("Kafka", "no answer"))
    await process.do(lease, [world.say(amount=1)])
    assert await world.totals() == [1]
    await world.settled(process, lease)


async def test_a_version_conflict_is_doubt(world: World):
    process = await world.process()
    lease = await process.open()
    process.gates.fail_at("before write", Conflict("somebody wrote"))
    await process.do(lease, [world.say(amount=1)])
    assert await world.totals() == [1]


async def test_commands_of_one_key_in_two_partitions_meet_at_the_aggregates_version(world: World):
    """As a publisher may place them that chooses partitions by itself: no lock of a partition keeps them apart."""
    one, two = await world.process(), await world.process()
    here, there = await one.open(), await two.open(partition=1)
    gate = one.gates.stop_at("before write")
    working = one.begin(here, [world.say(amount=1), world.say(amount=2)])
    await gate.reached()
    await two.do(there, [replace(world.say(amount=10), partition=1, offset=0)])
    gate.open()
    await working
    assert await world.totals() == [10, 11, 13]


async def test_a_backend_that_is_ended_in_its_write_is_doubt(world: World):
    process, other = await world.process(), await world.process()
    lease = await process.open()
    async with other.pool.acquire() as connection, connection.transaction():
        await connection.execute("select 1 from floor where topic = $1 for update", world.commands.name)
        working = process.begin(lease, [world.say(amount=1)])
        await until("the write to wait for the floor", lambda: _ended(connection))
    await working
    assert await world.totals() == [1]
    await world.settled(process, lease)


async def _ended(connection: Any) -> bool:
    """Ends the backends that wait for this one."""
    # Within a transaction the list of backends is read once. The write may have a connection that is younger.
    await connection.execute("select pg_stat_clear_snapshot()")
    return await connection.fetchval(
        "select bool_or(pg_terminate_backend(pid)) from pg_stat_activity"
        " where pg_backend_pid() = any(pg_blocking_pids(pid))"
    )


@pytest.mark.usefixtures("no_inbox")
@pytest.mark.parametrize("step", ["looked", "before write", "after write", "before publish", "after publish"])
async def test_killed_between_two_steps_the_next_process_ends_what_was_begun(world: World, step: str):
    first, second = await world.process(), await world.process()
    gate = first.gates.stop_at(step)
    dying = first.begin(await first.open(), [world.say(amount=1), world.say(amount=2)])
    await gate.reached()
    dying.cancel()
    await asyncio.wait([dying])
    lease = await second.open()
    if lease.next < len(world.log):
        await second.do(lease, world.log[lease.next :])
    assert await world.totals() == [1, 3]
    await second.do(lease, [world.say(amount=3)])
    assert await world.totals() == [1, 3, 6]
    await world.settled(second, lease)


async def test_an_answer_survives_a_kill_between_write_and_reply(world: World):
    first, second = await world.process(), await world.process()
    gate = first.gates.stop_at("after write")
    asked = {"lezzet_operation": world.id("op")}
    dying = first.begin(await first.open(), [world.say(amount=5, more=asked)])
    await gate.reached()
    dying.cancel()
    assert await world.answer("op") is None
    await second.open()
    assert (await world.answer("op"))["body"] == {"total": 5}


async def test_a_row_that_is_out_is_not_sent_again_when_its_deletion_fails(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1)])
    assert lease.sent, "it is remembered until a transaction has deleted it"
    process.gates.fail_at("before write")
    await process.do(lease, [world.say(amount=2)])
    await world.settled(process, lease)
    assert len(await world.published(world.events.name)) == 2

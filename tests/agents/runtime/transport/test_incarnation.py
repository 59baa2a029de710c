"""A topic is made anew and reset (`./lezzet topics reset`) while a process holds a lease on its partition."""

import pytest

from agents.runtime.transport.lease import Lease, Reopen
from tests.agents.runtime.world import Process, Record, World

_RESET = "update floor set next = 0, incarnation = incarnation + 1 where topic = $1 returning next"  # what `topics reset` does


async def _again(process: Process, old: Lease, records: list[Record]) -> None:
    """As carry() does: a Reopen opens the partition again, and it is read from its floor."""
    lease = old
    for _ in range(2):
        try:
            await process.do(lease, records[lease.next :])
            return
        except Reopen:
            lease = await process.open()


async def test_messages_without_an_id_of_the_new_log_are_not_taken_for_those_of_the_old(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(amount=1), world.say(amount=2)])
    await world.query(_RESET, world.commands.name)
    world.log.clear()  # the topic was deleted and made anew; aiokafka goes to its beginning by itself
    lease.next = 0
    await _again(process, lease, [world.say(amount=10), world.say(amount=20)])
    assert await world.totals() == [1, 3, 13, 33]


@pytest.mark.usefixtures("no_inbox")
async def test_a_batch_of_the_old_log_does_not_move_the_floor_of_the_new(world: World):
    """It had looked, and waited (or was stopped), while the topic was deleted, made anew and reset."""
    process = await world.process()
    lease = await process.open()
    gate = process.gates.stop_at("before write")
    waiting = process.begin(lease, [world.say(amount=1), world.say(amount=2)])
    await gate.reached()
    await world.query(_RESET, world.commands.name)
    gate.open()
    with pytest.raises(Reopen):
        await waiting
    (row,) = await world.query("select next from floor where topic = $1", world.commands.name)
    assert row["next"] == 0, "the first messages of the new log would never be read"
    assert await world.totals() == []

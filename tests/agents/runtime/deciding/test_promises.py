"""Time comes with the message: what came too late, or was withdrawn, never takes effect."""

import asyncio
import time
from typing import Any

import pytest

from http_edge.commands.withdrawals import WAIT_SECONDS, Withdrawals
from tests.agents.runtime.world import World
from tests.deadline import until
from topics import keys


def _deadline(at: float) -> dict[str, str]:
    return {"lezzet_deadline": str(int(at * 1000))}


async def test_a_command_appended_after_its_deadline_takes_no_effect(world: World):
    process = await world.process()
    now = time.time()
    asked = {"lezzet_operation": world.id("op"), **_deadline(now - 5)}
    await process.do(await process.open(), [world.say(amount=1, more=asked, at=now), world.say(amount=2)])
    assert await world.totals() == [2]
    assert (await world.answer("op"))["code"] == "expired"


async def test_a_command_appended_in_time_takes_effect_however_late_it_is_read(world: World):
    process = await world.process()
    then = time.time() - 600
    await process.do(await process.open(), [world.say(amount=1, id="x", more=_deadline(then + 2), at=then)])
    assert await world.totals() == [1]


async def test_a_late_command_that_the_edge_withdrew_takes_no_effect(world: World):
    process = await world.process()
    then = time.time() - 10
    await world.redis.set(keys.fate(world.id("x")), keys.WITHDRAWN, ex=60)
    batch = [
        world.say(amount=1, id="x", more=_deadline(then + 2), at=then),
        world.say(amount=2, id="y", more=_deadline(then + 2), at=then),
    ]
    await process.do(await process.open(), batch)
    assert await world.totals() == [2]


def _of_the_edge() -> dict[str, str]:
    return _deadline(time.time() + 2)


async def _taken(world: World) -> None:
    async def said() -> bool:
        return await world.redis.get(keys.fate(world.id("x"))) == keys.TAKEN

    await until("the command to be taken", said)


@pytest.mark.parametrize("step", ["looked", "before write", "after write"])
async def test_the_edge_withdraws_nothing_that_its_domain_has_taken(world: World, withdrawals: Withdrawals, step: str):
    """However long the transaction takes, and though the process dies in it."""
    first, second = await world.process(), await world.process()
    gate = first.gates.stop_at(step)
    dying = first.begin(await first.open(), [world.say(amount=1, id="x", more=_of_the_edge())])
    await gate.reached()
    await _taken(world)
    assert not await withdrawals.withdraw(world.id("x")), "the caller is told that it is being done"
    dying.cancel()
    await asyncio.wait([dying])
    lease = await second.open()
    await second.do(lease, [*world.log[lease.next :], world.say(amount=2)])
    assert await world.totals() == [1, 3]


class Slow:
    """A preparation that takes its time, as argon2 for many."""

    def __init__(self) -> None:
        self.here, self.go = asyncio.Event(), asyncio.Event()

    def heavy(self, command: Any) -> bool:
        return True

    async def prepare(self, *command: Any) -> int:
        self.here.set()
        await self.go.wait()
        return 0


async def test_the_edge_withdraws_nothing_that_is_being_prepared(world: World, withdrawals: Withdrawals):
    slow = Slow()
    process = await world.process(prepare=slow)
    working = process.begin(await process.open(), [world.say(amount=1, id="x", more=_of_the_edge())])
    await slow.here.wait()
    await _taken(world)
    assert not await withdrawals.withdraw(world.id("x"))
    slow.go.set()
    await working
    assert await world.totals() == [1]


async def test_who_comes_first_decides_and_nobody_else(world: World, withdrawals: Withdrawals):
    ids = [world.id(str(number)) for number in range(50)]
    told, refused = await asyncio.gather(
        asyncio.gather(*(withdrawals.withdraw(id) for id in ids)), world.fates.take(ids)
    )
    assert {id for id, withdrawn in zip(ids, told, strict=True) if withdrawn} == refused


async def test_a_stalled_edge_does_not_call_taken_commands_withdrawn(world: World, withdrawals: Withdrawals):
    """An edge that is short of CPU hears that a command is taken at the moment at which its time to wait is over."""
    ids = [world.id(str(number)) for number in range(300)]
    await world.fates.take(ids)
    asked = [asyncio.create_task(withdrawals.withdraw(id)) for id in ids]
    for _ in range(3):
        await asyncio.sleep(0)
        time.sleep(1.5 * WAIT_SECONDS)  # noqa: ASYNC251 - the loop stands still
    assert not any(await asyncio.gather(*asked))


async def test_an_expired_command_is_not_parked(world: World):
    process = await world.process()
    lease = await process.open()
    now = time.time()
    await process.do(
        lease, [world.say(amount=13, id="poison"), world.say(amount=1, id="late", more=_deadline(now - 5))]
    )
    parked = await world.query("select id from parked where topic = $1", world.commands.name)
    assert [row["id"] for row in parked] == [world.id("poison")]

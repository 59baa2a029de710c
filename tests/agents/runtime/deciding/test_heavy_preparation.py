"""Heavy preparation, such as hashing passwords: not for those whose asker has gone, and in small parts."""

import asyncio
import time
from typing import Any

from agents.runtime.deciding.preparing import HEAVY
from http_edge.commands.withdrawals import Withdrawals
from tests.agents.runtime.tally import Tally
from tests.agents.runtime.world import World
from tests.deadline import until
from topics.messages import headers

HEAVY_AMOUNT = 7


class Hashes:
    """An amount of 7 is heavy. prepared: the heavy ones, in order. go: what they wait for."""

    def __init__(self) -> None:
        self.prepared = 0
        self.go = asyncio.Event()

    def heavy(self, command: Any) -> bool:
        return command.amount == HEAVY_AMOUNT

    async def prepare(self, command: Any, aggregate_id: str, state: Tally, *rest: Any) -> int:
        if self.heavy(command):
            self.prepared += 1
            await self.go.wait()
        return state.total


def _more() -> dict[str, str]:
    return {headers.DEADLINE: str(int((time.time() + 2) * 1000))}


async def test_nothing_is_prepared_whose_asker_has_gone(world: World, withdrawals: Withdrawals):
    hashes = Hashes()
    hashes.go.set()
    process = await world.process(prepare=hashes)
    batch = [world.say(amount=HEAVY_AMOUNT, id=f"gone-{n}", more=_more()) for n in range(20)]
    for n in range(20):
        assert await withdrawals.withdraw(world.id(f"gone-{n}"))
    await process.do(await process.open(), [*batch, world.say(amount=1, more=_more())])
    assert hashes.prepared == 0 and await world.totals() == [1]


async def test_what_is_withdrawn_while_others_are_prepared_is_not_prepared_itself(
    world: World, withdrawals: Withdrawals
):
    """An edge gives up after two seconds; a hundred before it in its partition take longer."""
    hashes = Hashes()
    process = await world.process(prepare=hashes)
    batch = [world.say(amount=HEAVY_AMOUNT, id=f"x-{n}", more=_more()) for n in range(10)]
    working = process.begin(await process.open(), batch)

    async def first() -> bool:
        return hashes.prepared == HEAVY

    await until("the first ones to be prepared", first)
    assert [await withdrawals.withdraw(world.id(f"x-{n}")) for n in range(10)] == [False] * HEAVY + [True] * 8
    hashes.go.set()
    await working
    assert hashes.prepared == HEAVY
    assert await world.totals() == [HEAVY_AMOUNT * (n + 1) for n in range(HEAVY)]


async def test_what_stands_before_a_heavy_one_does_not_wait_for_it(world: World):
    hashes = Hashes()
    process = await world.process(prepare=hashes)
    batch = [world.say(amount=1), world.say(amount=2), *(world.say(amount=HEAVY_AMOUNT) for _ in range(3))]
    working = process.begin(await process.open(), batch)

    async def decided() -> bool:
        return await world.totals() == [1, 3]

    await until("the light ones to be decided", decided)
    hashes.go.set()
    await working
    assert await world.totals() == [1, 3, 10, 17, 24]

"""Slow work before the transaction looks at a state that may be gone by the time of the decision."""

from typing import Any

import msgspec

from tests.agents.runtime.tally import Add, Tally
from tests.agents.runtime.world import World


class Looks:
    """Prepares the total that it sees; counts."""

    def __init__(self) -> None:
        self.looks = 0

    def heavy(self, command: Any) -> bool:
        return False

    async def prepare(self, command: Any, aggregate_id: str, state: Tally, *rest: Any) -> int:
        self.looks += 1
        return state.total


async def test_a_preparation_made_stale_by_its_own_batch_is_made_again_after_a_commit_of_what_came_before(world: World):
    looks = Looks()
    process = await world.process(prepare=looks)
    careful = {"prepared": True}
    batch = [
        world.say(amount=1, fields=careful),
        world.say(amount=2, fields=careful),
        world.say(amount=3, fields=careful),
    ]
    lease = await process.open()
    await process.do(lease, batch)
    assert await world.totals() == [1, 3, 6]
    assert looks.looks == 6, "three, then two, then one"
    await world.settled(process, lease)


async def test_a_preparation_made_stale_by_another_process_is_made_again(world: World):
    one, two = await world.process(prepare=Looks()), await world.process(prepare=Looks())
    first, second = await one.open(), await two.open()
    said = world.say(amount=1, fields={"prepared": True})
    gate = one.gates.stop_at("before write")
    working = one.begin(first, [said])
    await gate.reached()
    waiting = two.begin(second, [said, world.say(amount=2, fields={"prepared": True})])
    gate.open()
    await working
    await waiting
    assert await world.totals() == [1, 3]


class Breaks(Looks):
    """Cannot prepare an amount of 7."""

    async def prepare(self, command: Any, aggregate_id: str, state: Tally, *rest: Any) -> int:
        if command.amount == 7:
            raise LookupError("no idea")
        return await super().prepare(command, aggregate_id, state)


async def test_a_preparation_that_raises_parks_its_key_and_nothing_else(world: World):
    process = await world.process(prepare=Breaks())
    lease = await process.open()
    await process.do(lease, [world.say("a", 7), world.say("b", 1, fields={"prepared": True}), world.say("a", 2)])
    assert (await world.totals("a"), await world.totals("b")) == ([], [1])
    await world.settled(process, lease)


async def test_a_mended_message_is_prepared_anew(world: World):
    process = await world.process(prepare=Breaks())
    lease = await process.open()
    mended = msgspec.json.encode(Add(amount=5, prepared=True))
    await process.do(lease, [world.say("a", 7, id="1"), world.say("a", 2, id="2"), world.redrive("a", {"1": mended})])
    assert await world.totals() == [5, 7]
    await process.do(lease, [world.say("a", 7, id="3"), world.say("a", 1, id="4", fields={"prepared": True})])
    await process.do(lease, [world.redrive("a", {"3": mended}), world.say("a", 1, id="5")])
    assert await world.totals() == [5, 7, 12, 13, 14]
    await world.settled(process, lease)


async def test_a_redrive_of_many_prepares_them_a_few_at_a_time(world: World):
    process = await world.process(prepare=Breaks())
    lease = await process.open()
    await process.do(lease, [world.say("a", 7, id="0"), *(world.say("a", 1, id=f"{n}") for n in range(1, 40))])
    await process.do(lease, [world.redrive("a", drop=["0"]), world.say("a", 1, id="40")])
    assert await world.totals() == list(range(1, 41))
    await world.settled(process, lease)

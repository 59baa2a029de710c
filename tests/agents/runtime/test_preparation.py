"""Slow work before the transaction looks at a state that may be gone by the time of the decision."""

from typing import Any

from tests.agents.runtime.tally import Tally
from tests.agents.runtime.world import World


class Looks:
    """Prepares the total that it sees; counts."""

    def __init__(self) -> None:
        self.looks = 0

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
    gate = one.gates.stop_at("before commit")
    working = one.begin(first, [said])
    await gate.reached()
    waiting = two.begin(second, [said, world.say(amount=2, fields={"prepared": True})])
    gate.open()
    await working
    await waiting
    assert await world.totals() == [1, 3]

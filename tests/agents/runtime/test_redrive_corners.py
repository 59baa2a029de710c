"""Redrives that meet something else on their way."""

from tests.agents.runtime.test_preparation import Looks
from tests.agents.runtime.world import World

NO_INDEX_TAKES = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(4000))


async def _waiting(world: World) -> list[str]:
    rows = await world.query("select id from parked where topic = $1 order by seq", world.commands.name)
    return [row["id"].removeprefix(f"{world.run}-") for row in rows]


async def test_a_redrive_in_steps_is_done_to_its_end_beside_a_message_that_cannot_be_stored(world: World):
    """Each parked message makes the preparation of the next stale; the neighbour sends the batch message by message."""
    process = await world.process(prepare=Looks())
    lease = await process.open()
    careful = {"prepared": True}
    parked = [world.say(amount=13, id="1"), *(world.say(amount=n, id=str(n), fields=careful) for n in (2, 3, 4))]
    await process.do(lease, parked)
    order = world.redrive("a", drop=["1"])
    bad = world.say("b", 5, id="5", fields={"name": NO_INDEX_TAKES})
    after = world.say("c", 6, id="6")
    await process.do(lease, [order, bad, after])
    assert await world.totals("a") == [2, 5, 9]
    assert await world.totals("c") == [6]
    assert await _waiting(world) == ["5"]
    await world.settled(process, lease)


async def test_what_is_given_up_goes_also_from_behind_a_message_that_fails_again(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2"), world.say("a", 3, id="3")])
    await process.do(lease, [world.redrive("a", drop=["2"])])
    assert await _waiting(world) == ["1", "3"]
    await process.do(lease, [world.redrive("a", drop=["1"])])
    assert await world.totals("a") == [3]
    assert await _waiting(world) == []


async def test_what_one_order_gave_up_is_not_decided_by_the_next_in_its_batch(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2")])
    await process.do(lease, [world.redrive("a", drop=["2"]), world.redrive("a", drop=["1"])])
    assert await world.totals("a") == []
    assert await _waiting(world) == []

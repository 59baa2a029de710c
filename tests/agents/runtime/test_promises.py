"""Time comes with the message: what came too late, or was withdrawn, never takes effect."""

import time

from tests.agents.runtime.world import World
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
    await world.replies._redis.set(keys.withdrawn(world.id("x")), "1", ex=60)  # type: ignore[attr-defined]
    batch = [
        world.say(amount=1, id="x", more=_deadline(then + 2), at=then),
        world.say(amount=2, id="y", more=_deadline(then + 2), at=then),
    ]
    await process.do(await process.open(), batch)
    assert await world.totals() == [2]


async def test_an_expired_command_is_not_parked(world: World):
    process = await world.process()
    lease = await process.open()
    now = time.time()
    await process.do(
        lease, [world.say(amount=13, id="poison"), world.say(amount=1, id="late", more=_deadline(now - 5))]
    )
    parked = await world.query("select id from parked where topic = $1", world.commands.name)
    assert [row["id"] for row in parked] == [world.id("poison")]

"""Poison parks its key, not its partition; redrive puts it back in its place."""

import time

import msgspec

from tests.agents.runtime.tally import Add
from tests.agents.runtime.world import World
from topics import keys

GOOD = msgspec.json.encode(Add(amount=100))


async def _parked(world: World) -> list[str]:
    rows = await world.query("select id from parked where topic = $1 order by seq", world.commands.name)
    return [row["id"].removeprefix(f"{world.run}-") for row in rows]


async def test_later_messages_of_a_parked_key_queue_behind_it_and_other_keys_flow(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2"), world.say("b", 3, id="3")])
    await process.do(lease, [world.say("a", 4, id="4"), world.say("b", 5, id="5")])
    assert await world.totals("a") == []
    assert await world.totals("b") == [3, 8]
    assert await _parked(world) == ["1", "2", "4"]
    dead = await world.dead()
    assert [dict(record.headers)["dlq_parked"] for record in dead] == [b"1"], "only the poison itself is a dead letter"


async def test_redrive_decides_the_parked_messages_in_their_order(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2")])
    await process.do(lease, [world.redrive("a", {"1": GOOD}), world.say("a", 3, id="3")])
    assert await world.history("a") == [(100, "1"), (102, "2"), (105, "3")]
    assert await _parked(world) == []


async def test_new_messages_that_arrive_around_a_redrive_keep_their_place(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2")])
    await process.do(lease, [world.say("a", 3, id="3"), world.redrive("a", {"1": GOOD}), world.say("a", 4, id="4")])
    assert [id for _, id in await world.history("a")] == ["1", "2", "3", "4"]
    assert await _parked(world) == []


async def test_poison_and_its_redrive_in_one_batch(world: World):
    process = await world.process()
    lease = await process.open()
    batch = [
        world.say("a", 13, id="1"),
        world.say("a", 2, id="2"),
        world.redrive("a", {"1": GOOD}),
        world.say("a", 3, id="3"),
    ]
    await process.do(lease, batch)
    assert [id for _, id in await world.history("a")] == ["1", "2", "3"]
    assert await _parked(world) == []


async def test_a_redrive_that_fails_again_keeps_everything_parked(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2")])
    await process.do(lease, [world.redrive("a"), world.say("a", 3, id="3")])
    assert await world.totals("a") == []
    assert await _parked(world) == ["1", "2", "3"]


async def test_a_redrive_with_two_poisons_stops_at_the_second(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2"), world.say("a", 13, id="3")])
    await process.do(lease, [world.redrive("a", {"1": GOOD})])
    assert [id for _, id in await world.history("a")] == ["1", "2"]
    assert await _parked(world) == ["3"]
    await process.do(lease, [world.redrive("a", drop=["3"]), world.say("a", 4, id="4")])
    assert [id for _, id in await world.history("a")] == ["1", "2", "4"]
    assert await _parked(world) == []


async def test_a_message_parked_twice_has_one_effect(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2"), world.say("a", 2, id="2")])
    await process.do(lease, [world.redrive("a", {"1": GOOD})])
    assert [id for _, id in await world.history("a")] == ["1", "2"]
    assert await _parked(world) == []


async def test_the_same_redrive_twice_is_done_once(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="1")])
    order = world.redrive("a", {"1": GOOD})
    await process.do(lease, [order])
    await process.do(lease, [world.say("a", 13, id="2")])
    again = world.redrive("a", {"2": GOOD})
    again.headers[:] = order.headers  # type: ignore[index]
    await process.do(lease, [again])
    assert [id for _, id in await world.history("a")] == ["1"]


async def test_a_command_whose_deadline_has_passed_is_not_redriven(world: World):
    """Its append was in time, but it waits behind a parked message: whoever asked was told `pending`, so it counts."""
    process = await world.process()
    lease = await process.open()
    now = time.time()
    late = {"lezzet_deadline": str(int((now - 5) * 1000))}
    await process.do(lease, [world.say("a", 13, id="1")])
    await world.query("update parked set headers = $1 where topic = $2", msgspec.json.encode(
        [("ce_type", b"Add"), *((n, v.encode()) for n, v in late.items())]), world.commands.name)  # fmt: skip
    await process.do(lease, [world.redrive("a", {"1": GOOD}), world.say("a", 2, id="2")])
    assert [id for _, id in await world.history("a")] == ["2"]
    assert await _parked(world) == []


async def test_a_kill_in_the_middle_of_a_redrive_leaves_it_whole_to_the_next(world: World):
    first, second = await world.process(), await world.process()
    lease = await first.open()
    await first.do(lease, [world.say("a", 13, id="1"), world.say("a", 2, id="2")])
    gate = first.gates.stop_at("before write")
    order = world.redrive("a", {"1": GOOD})
    dying = first.begin(lease, [order])
    await gate.reached()
    dying.cancel()
    await second.do(await second.open(), [order])
    assert [id for _, id in await world.history("a")] == ["1", "2"]


async def test_a_parked_command_that_the_edge_withdrew_is_not_redriven(world: World):
    """Parked by a process whose word on it is long forgotten."""
    process = await world.process()
    lease = await process.open()
    late = {"lezzet_deadline": str(int((time.time() + 60) * 1000))}
    await process.do(lease, [world.say("a", 13, id="1", more=late), world.say("a", 2, id="2", more=late)])
    await world.redis.set(keys.fate(world.id("2")), keys.WITHDRAWN, ex=60)
    await process.do(lease, [world.redrive("a", {"1": GOOD}), world.say("a", 3, id="3")])
    assert [id for _, id in await world.history("a")] == ["1", "3"]
    assert await _parked(world) == []


async def test_an_order_whose_messages_cannot_be_stored_is_not_parked_itself(world: World):
    process = await world.process()
    lease = await process.open()
    endless = "".join(f"{number:x}" for number in range(10**6, 10**6 + 3000))
    await process.do(lease, [world.say("a", 1, id="1", fields={"name": endless}), world.say("a", 2, id="2")])
    await process.do(lease, [world.redrive("a"), world.say("b", 4, id="3")])
    assert await _parked(world) == ["1", "2"]
    assert await world.totals("b") == [4]
    await process.do(lease, [world.redrive("a", {"1": GOOD})])
    assert [id for _, id in await world.history("a")] == ["1", "2"]

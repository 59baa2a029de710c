"""Seats on the real store: nobody gets one too many, whoever decides at the same time, and one that is given back is taken."""

import asyncio
from dataclasses import replace
from typing import Any

from tests.agents.runtime.tally import DECIDER, Add, Added
from tests.agents.runtime.world import World
from topics.deciding.decision import Context, Decider, Decision, accept, reject
from topics.deciding.seats import Seats

MOST = 3


def seated(world: World) -> Decider[Any, Any, Any, Any]:
    """Each first command of a key takes a seat of the whole run. releases: its number, which goes back."""
    seats, owner = Seats("seat", MOST), world.run

    def decide(command: Add, state: Any, facts: None, context: Context) -> Decision[Added]:
        added = Added(amount=command.amount, total=state.total + command.amount)
        if command.releases is not None:
            return accept(added, takes=(), releases=(("seat", f"{owner}:{command.releases}"),))
        seat = seats.free(owner, context)
        return reject("full", "no seat is left") if seat is None else accept(added, takes=(seat,))

    return replace(DECIDER, decide=decide, claims=lambda command, key, caller: seats.of(owner))


async def _owners(world: World) -> dict[str, str]:
    rows = await world.query("select value, owner from claim where value like $1", f"{world.run}:%")
    return {row["value"].rpartition(":")[2]: row["owner"].rpartition(world.run)[2] for row in rows}


async def test_one_decision_takes_one_seat_and_the_next_of_its_batch_another(world: World):
    process = await world.process(decider=seated(world))
    lease = await process.open()
    await process.do(lease, [world.say(key, 1) for key in ("a", "b", "c", "d")])
    assert [await world.totals(key) for key in ("a", "b", "c", "d")] == [[1], [1], [1], []]
    assert len(await _owners(world)) == MOST


async def test_two_processes_at_once_seat_no_more_than_there_are(world: World):
    one, two = await world.process(decider=seated(world)), await world.process(decider=seated(world))
    first, second = await one.open(), await two.open(partition=1)
    gate = one.gates.stop_at("before write")
    working = one.begin(first, [world.say("a", 1, id="a"), world.say("b", 1, id="b")])
    await gate.reached()
    world.log.clear()
    waiting = two.begin(second, [world.say("c", 1, id="c"), world.say("d", 1, id="d")])
    gate.open()
    await asyncio.gather(working, waiting)
    taken = [await world.totals(key) for key in ("a", "b", "c", "d")]
    assert sorted(taken) == [[], [1], [1], [1]]


async def test_a_seat_that_is_given_back_is_free_for_the_next(world: World):
    process = await world.process(decider=seated(world))
    lease = await process.open()
    await process.do(lease, [world.say(key, 1) for key in ("a", "b", "c")])
    (number,) = [number for number, owner in (await _owners(world)).items() if owner.endswith("b")]
    back = world.say("b", 1, fields={"releases": number})
    await process.do(lease, [back, world.say("d", 1), world.say("e", 1)])
    assert (await world.totals("d"), await world.totals("e")) == ([1], [])

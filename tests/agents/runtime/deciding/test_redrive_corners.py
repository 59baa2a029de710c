"""Redrives that meet something else on their way."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from agents.runtime.deciding import breaker
from agents.runtime.deciding.redriving import REDRIVES_AT_ONCE
from stores.postgres import store
from stores.protocol import Moment, Source
from tests.agents.runtime.deciding.test_preparation import Looks
from tests.agents.runtime.tally import Add
from tests.agents.runtime.world import Process, World

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


class Asked:
    """A store that notes how many parked messages each look brings, and brings a few only."""

    def __init__(self, process: Process, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.brought: list[int] = []
        monkeypatch.setattr(store, "PARKED_AT_ONCE", most)
        look = process.store.look

        async def noted(sources: Sequence[Source], **asked: Any) -> Moment:
            moment = await look(sources, **asked)
            if asked.get("parked"):
                self.brought.append(len(moment.waiting))
            return moment

        monkeypatch.setattr(process.store, "look", noted)


async def test_a_redrive_of_a_long_queue_reads_a_few_messages_a_step_and_drops_those_it_has_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    process = await world.process()
    asked = Asked(process, monkeypatch, 3)
    lease = await process.open()
    await process.do(lease, [world.say("a", 13, id="0"), *(world.say("a", 1, id=str(n)) for n in range(1, 10))])
    await process.do(lease, [world.redrive("a", drop=["0", "8"]), world.say("a", 5, id="after")])
    assert [id for _, id in await world.history("a")] == [*(str(n) for n in range(1, 8)), "9", "after"]
    assert await _waiting(world) == []
    assert len(asked.brought) > 2 and max(asked.brought) <= 3
    await world.settled(process, lease)


async def test_a_poison_beyond_the_first_step_keeps_itself_and_what_is_behind_it(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    process = await world.process()
    Asked(process, monkeypatch, 2)
    lease = await process.open()
    amounts = [13, 1, 2, 13, 3, 4]
    await process.do(lease, [world.say("a", amount, id=str(n)) for n, amount in enumerate(amounts)])
    await process.do(lease, [world.redrive("a", drop=["0", "5"]), world.say("a", 5, id="after")])
    assert [id for _, id in await world.history("a")] == ["1", "2"]
    assert await _waiting(world) == ["3", "4", "after"]


async def test_many_orders_in_one_batch_are_done_a_few_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(breaker, "RAISED", breaker.LAST + 1)  # else so many poisoned keys would be held back
    process = await world.process()
    asked = Asked(process, monkeypatch, 1_000)
    lease = await process.open()
    names = [f"k{n}" for n in range(REDRIVES_AT_ONCE * 2)]
    with capture_logs():  # to show so many tracebacks takes seconds
        await process.do(lease, [world.say(name, 13, id=name) for name in names])
    good = msgspec.json.encode(Add(amount=1))
    await process.do(lease, [world.redrive(name, {name: good}) for name in names])
    assert await _waiting(world) == []
    assert max(asked.brought) == REDRIVES_AT_ONCE

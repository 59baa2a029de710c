"""A partition whose commands raise one after the other is held back, and goes on by itself."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from agents.runtime.deciding import breaker
from agents.runtime.deciding.breaker import LAST, RAISED
from agents.runtime.transport.lease import Lease, Reopen
from tests.agents.runtime.tally import BAD_LUCK, DECIDER, Add, Added, Later, Tally
from tests.agents.runtime.world import Process, Record, World
from tests.deadline import until
from topics.deciding.decision import Context, Decision, accept


async def _parked(world: World) -> int:
    (row,) = await world.query("select count(*) as n from parked where topic = $1", world.commands.name)
    return row["n"]


async def _floor(world: World) -> int:
    (row,) = await world.query("select next from floor where topic = $1", world.commands.name)
    return row["next"]


def _bad(world: World, *names: str) -> list[Record]:
    return [world.say(name, BAD_LUCK, id=name) for name in names]


def _good(world: World, *names: str) -> list[Record]:
    return [world.say(name, 1, id=name) for name in names]


def _mended(command: Add, tally: Tally, facts: None, context: Context) -> Decision[Added]:
    return accept(Added(amount=1, total=tally.total + 1))


def _names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{n}" for n in range(count)]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partition is held back for a moment only."""
    monkeypatch.setattr(breaker, "FIRST", 0.01)
    monkeypatch.setattr(breaker, "LONGEST", 0.02)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partition is held back until the test lets it go."""
    monkeypatch.setattr(breaker, "FIRST", 3600.0)
    monkeypatch.setattr(breaker, "LONGEST", 3600.0)


async def _held(process: Process, lease: Lease, records: Sequence[Record]) -> "asyncio.Task[None]":
    """The batch, when it stands still."""
    running = process.begin(lease, records)

    async def stands() -> bool:
        return lease.held_back or running.done()

    await until("the partition is held back", stands)
    assert not running.done()
    return running


async def _let_go(lease: Lease, running: "asyncio.Task[None]") -> None:
    lease.end_now()
    with pytest.raises(Reopen):
        await running


@pytest.mark.usefixtures("patient")
async def test_where_every_command_raises_a_few_keys_are_parked_and_the_partition_stands_still(world: World):
    process = await world.process()
    lease = await process.open()
    with capture_logs() as said:
        running = await _held(process, lease, _bad(world, *_names("k", 4 * RAISED)))
    assert (await _parked(world), await _floor(world)) == (RAISED, RAISED)
    assert any(line["event"] == "partition_held_back" and line["seconds"] == breaker.FIRST for line in said)
    await _let_go(lease, running)


async def test_fewer_poisoned_keys_are_parked_and_the_others_flow(world: World):
    process = await world.process()
    lease = await process.open()
    names = _names("k", 2 * LAST)
    records = [record for n, name in enumerate(names) for record in (_bad if n < RAISED - 1 else _good)(world, name)]
    await process.do(lease, records)
    await process.do(lease, [*_bad(world, "again"), *_bad(world, *names[: RAISED - 1]), *_good(world, "last")])
    assert await world.totals("last") == [1]
    assert (await _parked(world), lease.held_back) == (2 * (RAISED - 1) + 1, False)


@pytest.mark.usefixtures("hasty")
async def test_each_that_raises_is_parked_and_when_fewer_raise_all_goes_on(world: World):
    process = await world.process()
    lease = await process.open()
    records = [*_bad(world, *_names("bad", RAISED + 2)), *_good(world, *_names("good", LAST))]
    with capture_logs() as said:
        await process.do(lease, records)
    assert (await _parked(world), lease.held_back) == (RAISED + 2, False)
    assert [await world.totals(name) for name in _names("good", LAST)] == [[1]] * LAST
    held = [line["seconds"] for line in said if line["event"] == "partition_held_back"]
    assert held == [0.01, 0.02, 0.02]
    assert [line["event"] for line in said][-1] == "partition_goes_on"


@pytest.mark.usefixtures("patient")
async def test_the_next_owner_tries_one_command_at_once_and_is_held_back_if_that_raises(world: World):
    first, second = await world.process(), await world.process()
    lease = await first.open()
    records = _bad(world, *_names("k", 3 * RAISED))
    await _let_go(lease, await _held(first, lease, records))
    again = await second.open()
    running = await _held(second, again, records)
    assert await _parked(world) == RAISED + 1
    await _let_go(again, running)


@pytest.mark.usefixtures("patient")
async def test_a_release_that_has_mended_the_fault_goes_on_at_once(world: World):
    first = await world.process()
    second = await world.process(decider=replace(DECIDER, decide=_mended))
    lease = await first.open()
    records = _bad(world, *_names("k", RAISED + LAST))
    await _let_go(lease, await _held(first, lease, records))
    again = await second.open()
    with capture_logs() as said:
        await second.do(again, records)
    assert not [line for line in said if line["event"] == "partition_held_back"], "nothing has waited"
    assert [await world.totals(f"k{n}") for n in range(RAISED, RAISED + LAST)] == [[1]] * LAST
    assert (await _parked(world), again.held_back) == (RAISED, False)


@pytest.mark.usefixtures("hasty")
async def test_what_is_expired_or_queues_behind_its_key_is_no_try(world: World):
    process = await world.process()
    lease = await process.open()
    late = {"lezzet_deadline": str(int((time.time() - 5) * 1000))}
    bad = _bad(world, *_names("k", RAISED))
    passed = [world.say("late", BAD_LUCK, id=f"late{n}", more=late) for n in range(2 * LAST)]
    behind = [world.say("k0", 1, id=f"behind{n}") for n in range(2 * LAST)]
    with capture_logs() as said:
        await process.do(lease, [*bad, *passed, *behind, *_bad(world, "x"), *_good(world, *_names("good", LAST))])
    assert [line["event"] for line in said].count("partition_held_back") == 2
    assert (await _parked(world), lease.held_back) == (RAISED + 2 * LAST + 1, False)


async def test_a_write_that_fails_counts_nothing_twice(world: World):
    process = await world.process()
    lease = await process.open()
    records = [*_bad(world, *_names("k", RAISED - 1)), *_good(world, *_names("good", 3))]
    for step in ("before write", "after write", "before publish"):
        process.gates.fail_at(step)
    await process.do(lease, records)
    assert (await _parked(world), lease.held_back) == (RAISED - 1, False)


@pytest.mark.usefixtures("patient")
async def test_a_timer_that_was_set_before_the_partition_stands_still_is_sent_meanwhile(world: World):
    """It used to wait for the end of the batch, which may be hours away."""
    process = await world.process()
    lease = await process.open()
    sets = world.say("ringer", 1, id="ringer", fields={"sets": (Later("bell", 10, 0.3),)})
    running = await _held(process, lease, [sets, *_bad(world, *_names("k", 4 * RAISED))])

    async def sent() -> bool:
        return len(await world.published(world.commands.name)) == 1

    await until("the timer's command", sent)
    assert not running.done()
    await _let_go(lease, running)

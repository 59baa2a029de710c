"""Commands that an aggregate sends to itself at a time: sent when they are due, never before, with one effect or none."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from agents.runtime.sending import timers
from agents.runtime.transport.lease import Lease
from stores.errors import Unavailable
from stores.kafka.log import Logged
from stores.technologies import open_domains
from tests.agents.runtime.tally import DECIDER, Add, Later
from tests.agents.runtime.world import Process, Record, World
from tests.deadline import until
from topics.deciding.decision import FURTHEST, TIMER_BYTES, TIMERS, Decision, Timer
from topics.messages import headers, redrive

GOOD = msgspec.json.encode(Add(amount=100))
SOON, HOUR = 0.3, 3600.0  # seconds


class Scene:
    """One process that owns the partition, and the commands of timers that come on its topic."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._came = 0

    async def begins(self, **more: Any) -> Process:
        """A new process, which owns the partition from here on."""
        self.process = await self.world.process(**more)
        self.lease: Lease = await self.process.open()
        return self.process

    async def does(self, *records: Record) -> None:
        await self.process.do(self.lease, records)

    def sets(self, *later: Later, amount: int = 1, cancels: Sequence[str] = (), **more: Any) -> Record:
        return self.world.say(amount=amount, fields={"sets": later, "cancels": cancels}, **more)

    async def sent(self, count: int = 1) -> list[Logged]:
        """The next commands of timers on the topic, when they are so many."""
        topic = self.world.commands.name

        async def enough() -> bool:
            return len(await self.world.published(topic)) >= self._came + count

        await until(f"{count} commands of timers", enough)
        found = (await self.world.published(topic))[self._came :]
        assert len(found) == count, f"{count} commands of timers were expected, {len(found)} are there"
        self._came += count
        return found

    def hears(self, sent: Logged, behind: float = 0.0) -> Record:
        """The command as the partition's next record. behind: seconds that the broker's clock is behind."""
        log, at = self.world.log, int((time.time() - behind) * 1000)
        log.append(
            ConsumerRecord(
                self.world.commands.name, 0, len(log), at, 1, sent.key, sent.body, None, 0, 0, list(sent.headers)
            )
        )
        return log[-1]

    async def rings(self, count: int = 1) -> None:
        """The next commands of timers are sent and decided."""
        await self.does(*(self.hears(each) for each in await self.sent(count)))

    async def timers(self) -> dict[str, bool]:
        """name → whether it is sent."""
        asked = "select name, sent from timer where topic = $1"
        return {row["name"]: row["sent"] for row in await self.world.query(asked, self.world.commands.name)}

    async def parked(self) -> list[str]:
        """Why messages are parked."""
        asked = "select reason from parked where topic = $1 order by seq"
        return [row["reason"] for row in await self.world.query(asked, self.world.commands.name)]


@pytest.fixture
def scene(world: World, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The store is asked ten times as often as it is in the product."""
    monkeypatch.setattr(timers, "EVERY", timers.EVERY / 10)
    return Scene(world)


def bell(amount: int = 10, seconds: float = -1, again: float | None = None) -> Later:
    return Later("bell", amount, seconds, again)


async def test_a_timer_is_sent_when_it_is_due_and_its_command_has_one_effect(scene: Scene, world: World):
    await scene.begins()
    begun = time.time()
    await scene.does(scene.sets(bell(10, SOON), at=begun))
    (command,) = await scene.sent()
    assert time.time() >= begun + SOON, "it came before its time"
    assert dict(command.headers)[headers.TIMER] == b"bell"
    await scene.does(scene.hears(command))
    assert await world.totals() == [1, 11]
    assert await scene.timers() == {}


async def test_a_timer_of_the_past_is_sent_at_once(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(seconds=-HOUR)))
    await scene.rings()
    assert await world.totals() == [1, 11]


async def test_a_timer_that_is_moved_or_cancelled_is_not_sent(scene: Scene, world: World):
    await scene.begins()
    first = scene.sets(bell(10, HOUR), Later("gone", 20, SOON), Later("moved", 30, SOON))
    then = scene.sets(bell(50, SOON * 2), Later("moved", 40, HOUR), cancels=["gone", "unknown"])
    await scene.does(first, then)
    await scene.rings()
    assert await world.totals() == [1, 2, 52]
    assert await scene.timers() == {"moved": False}


@pytest.mark.usefixtures("no_inbox")
@pytest.mark.parametrize("then", [{"cancels": ["bell"]}, {"sets": [bell(20, HOUR)]}])
async def test_a_timer_that_is_moved_or_cancelled_after_it_was_sent_has_no_effect(
    scene: Scene, world: World, then: dict[str, Any]
):
    await scene.begins()
    await scene.does(scene.sets(bell(10)))
    (command,) = await scene.sent()
    await scene.does(world.say(fields=then), scene.hears(command))
    assert await world.totals() == [1, 2]
    assert await scene.timers() == ({"bell": False} if "sets" in then else {})
    assert await scene.parked() == [], "the decision has heard of it"


async def test_a_timer_that_is_set_again_to_the_same_time_is_another_one(scene: Scene, world: World):
    await scene.begins()
    now = time.time()
    await scene.does(scene.sets(bell(10), at=now))
    (first,) = await scene.sent()
    await scene.does(scene.sets(bell(20), at=now))
    (second,) = await scene.sent()
    await scene.does(scene.hears(second), scene.hears(first))
    assert await world.totals() == [1, 2, 22]


async def test_a_timer_may_be_set_by_its_own_command(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10, seconds=-5, again=2)))
    await scene.rings()
    await scene.rings()
    assert await world.totals() == [1, 11, 21]
    assert await scene.timers() == {}


@pytest.mark.usefixtures("no_inbox")
@pytest.mark.parametrize(("step", "times"), [("due", 1), ("timers out", 2)])
async def test_killed_while_it_sends_the_next_owner_sends_and_it_has_one_effect(
    scene: Scene, world: World, step: str, times: int
):
    killed = await scene.begins()
    gate = killed.gates.stop_at(step)
    await scene.does(scene.sets(bell(10)))
    await gate.reached()
    await scene.begins()
    await scene.rings(times)
    assert await world.totals() == [1, 11]
    assert await scene.timers() == {}


async def test_who_lost_the_partition_sends_none_of_its_timers(scene: Scene, world: World):
    zombie = await scene.begins()
    await scene.does(scene.sets(bell(10, HOUR)))
    gate = zombie.gates.fail_at("due")
    await scene.begins()
    async with clock(world, timedelta(hours=2)):
        await scene.rings()
        zombie.work._timers._ask()  # type: ignore[attr-defined]
        await scene.does(scene.sets(Later("another", 20)))
        await scene.rings()
    assert await world.totals() == [1, 11, 12, 32]
    assert not gate.was_reached, "the process that was here before found it due"


@pytest.mark.parametrize("step", ["before write", "after write", "before publish"])
async def test_a_timer_whose_write_is_in_doubt_is_sent(scene: Scene, world: World, step: str):
    process = await scene.begins()
    process.gates.fail_at(step)
    await scene.does(scene.sets(bell(10)))
    await scene.rings()
    assert await world.totals() == [1, 11]


@pytest.mark.parametrize("step", ["due", "timers out"])
async def test_while_a_server_is_away_what_is_due_waits(scene: Scene, world: World, step: str):
    process = await scene.begins()
    gate = process.gates.fail_at(step, Unavailable("Kafka", "away"))
    await scene.does(scene.sets(bell(10)))
    await gate.reached()
    await scene.rings(2 if step == "timers out" else 1)
    assert await world.totals() == [1, 11]


async def test_what_was_sent_twice_has_one_effect_also_if_the_inbox_has_forgotten_the_first(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10)))
    (command,) = await scene.sent()
    await scene.does(scene.hears(command))
    await world.query("delete from inbox where id = $1", dict(command.headers)[headers.ID].decode())
    await scene.does(scene.hears(command))
    assert await world.totals() == [1, 11]


async def test_the_store_is_asked_while_a_timer_waits_and_not_otherwise(scene: Scene, world: World):
    process = await scene.begins()
    await scene.does(world.say())
    await until("an end of the questions", lambda: _rests(process))
    asked = process.store.asked_for_timers
    await scene.does(world.say(), world.say())
    assert await _rests(process) and process.store.asked_for_timers == asked
    await scene.does(scene.sets(bell(10, HOUR)))
    assert not await _rests(process)
    await scene.does(world.say(fields={"cancels": ["bell"]}))
    await until("an end of the questions", lambda: _rests(process))


async def _rests(process: Process) -> bool:
    return process.work._timers._rests  # type: ignore[attr-defined]


# -- clocks


@asynccontextmanager
async def clock(world: World, shift: timedelta) -> AsyncGenerator[None]:
    """The domain's clock jumps, and back at the end."""
    said = "create or replace function domain_clock() returns timestamptz language sql volatile as 'select clock_timestamp(){}'"
    await world.query(said.format(f" + interval ''{shift.total_seconds()} s''"))
    try:
        yield
    finally:
        await world.query(said.format(""))


async def test_a_clock_that_jumps_ahead_an_hour_makes_due_what_it_has_passed(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10, HOUR - 60), Later("later", 20, HOUR + 600)))
    async with clock(world, timedelta(hours=1)):
        await scene.rings()
    assert await scene.timers() == {"later": False}


async def test_a_clock_that_jumps_back_an_hour_makes_nothing_due_before_its_time(scene: Scene, world: World):
    await scene.begins()
    async with clock(world, timedelta(hours=-1)):
        await scene.does(scene.sets(bell(10), Later("past", 20, -HOUR - 60)))
        (command,) = await scene.sent()
    assert dict(command.headers)[headers.TIMER] == b"past"


async def test_the_decision_on_a_timer_knows_no_time_before_it(scene: Scene, world: World):
    """The broker's clock is behind the one by which it was due: the tally refuses a time before its own."""
    await scene.begins()
    await scene.does(scene.sets(bell(10)))
    (command,) = await scene.sent()
    await scene.does(scene.hears(command, behind=2 * HOUR))
    assert await world.totals() == [1, 11]


# -- poison


async def test_the_timer_of_a_parked_key_waits_behind_it(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10)), world.say(amount=13, id="poison"))
    await scene.rings()
    assert await world.totals() == [1]
    await scene.does(world.redrive("a", {"poison": GOOD}))
    assert await world.totals() == [1, 101, 111]
    assert await scene.timers() == {}


async def test_a_parked_command_that_moves_a_timer_comes_before_what_the_timer_has_sent(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10)), world.say(amount=13, id="poison"))
    await scene.rings()
    moves = msgspec.json.encode(Add(amount=2, sets=(bell(20, HOUR),)))
    await scene.does(world.redrive("a", {"poison": moves}))
    assert await world.totals() == [1, 3]
    assert await scene.timers() == {"bell": False}


async def test_a_timer_whose_command_breaks_stays_until_the_command_is_dropped(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(13)))
    (command,) = await scene.sent()
    await scene.does(scene.hears(command), world.say(amount=2))
    assert "bell" in await scene.timers()
    drop = redrive.Redrive(drop=(dict(command.headers)[headers.ID].decode(),))
    await scene.does(world.say(type=redrive.TYPE, id="drop", body=msgspec.json.encode(drop)))
    assert await world.totals() == [1, 3]
    assert await scene.timers() == {}


async def test_what_was_sent_on_a_topic_that_is_made_anew_is_sent_again(scene: Scene, world: World):
    await scene.begins()
    await scene.does(scene.sets(bell(10)))
    await scene.sent()
    await until("it to be sent", lambda: _is_sent(scene))
    async with open_domains(world.settings) as domains:
        await domains.begin_again(world.commands.name, {})
    await scene.begins()
    await scene.rings()
    assert await world.totals() == [1, 11]


async def _is_sent(scene: Scene) -> bool:
    return await scene.timers() == {"bell": True}


# -- what there cannot be

NOW = datetime.now(UTC)
NAIVE = datetime(2026, 3, 1)
ONE = Add(amount=1)
LARGE = Add(amount=1, note="n" * TIMER_BYTES)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ([Timer("bell", NOW + timedelta(days=365 * 100), ONE)], f"is more than {FURTHEST.days} days away"),
        ([Timer("bell", NAIVE, ONE)], "is not in UTC"),
        ([Timer("two words", NOW, ONE)], "is no name of a timer"),
        ([Timer("bell", NOW, redrive.Redrive())], "Redrive is no message of"),
        ([Timer("bell", NOW, ONE)] * 2, "is set twice"),
        ([Timer("bell", NOW, LARGE)], f"{TIMER_BYTES} are allowed"),
        ([Timer(f"bell-{n}", NOW, ONE) for n in range(TIMERS + 1)], f"{TIMERS} are allowed"),
    ],
)
async def test_a_timer_that_there_cannot_be_parks_the_message_that_wants_it(
    scene: Scene, world: World, wanted: list[Timer], why: str
):
    def decide(*asked: Any) -> Decision[Any]:
        return Decision(timers=tuple(wanted))

    await scene.begins(decider=replace(DECIDER, decide=decide))
    await scene.does(world.say(id="1"))
    (reason,) = await scene.parked()
    assert reason.startswith("BadTimer: ")
    assert why in reason
    assert await scene.timers() == {}

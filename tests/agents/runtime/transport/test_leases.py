"""Who may work on a partition: given at an opening, taken at a revoke, and what comes under an old lease is nothing."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from agents.runtime.transport import leases as module
from agents.runtime.transport.carrying import carry
from agents.runtime.transport.lease import TP, Batch, Lease, Passed, Stopped
from agents.runtime.transport.leases import Leases
from tests.agents.runtime.world import Process, Record, World
from tests.deadline import until, within

LONG = 60.0  # seconds that a revoke may take where the test is not about them


async def _deaf(here: asyncio.Event, answer: asyncio.Event) -> None:
    """Waits as a driver does in which a cancellation that meets the answer is lost."""
    here.set()
    while not answer.is_set():
        with contextlib.suppress(asyncio.CancelledError):
            await answer.wait()


class Shelf:
    """The Kafka side of the seam: a log of two partitions whose bounds and seeks a test can see and spoil."""

    def __init__(self, topic: str) -> None:
        self.places = {TP(topic, 0), TP(topic, 1)}
        self.ends = dict.fromkeys(self.places, 10**6)
        self.first = 0
        self.looks = 0
        self.sought: list[tuple[int, int]] = []
        self.fails: list[Exception] = []
        self.deaf: list[tuple[asyncio.Event, asyncio.Event]] = []

    def assignment(self) -> set[TP]:
        return set(self.places)

    async def bounds(self, tp: TP) -> tuple[int, int]:
        if self.fails:
            raise self.fails.pop(0)
        if self.deaf:
            await _deaf(*self.deaf.pop(0))
        self.looks += 1
        return self.first, self.ends[tp]

    async def seek(self, tp: TP, offset: int) -> None:
        self.sought.append((tp.partition, offset))

    def poke(self) -> None: ...


class Member:
    """One process of the group: leases over a real store, batches by hand."""

    def __init__(self, world: World, process: Process) -> None:
        self.world, self.process = world, process
        topic = world.commands.name
        self.shelf = Shelf(topic)
        self.leases = Leases(f"{world.run}.decide", {topic: process.work})
        self.leases.attach(self.shelf)
        self.place = TP(topic, 0)

    async def opened(self, partition: int = 0) -> Lease:
        place = TP(self.place.topic, partition)

        async def lease() -> Lease | None:
            return self.leases.held.get(place)

        found = await until(f"partition {partition} to be open", lease)
        assert found is not None
        return found

    def fetched(self, lease: Lease, records: list[Record]) -> Batch:
        batch = lease.batch = Batch(lease, records, records[0].offset)
        self.process.store.first = batch.first
        return batch

    async def carry(self, batch: Batch) -> None:
        await within("an end of the batch", carry(self.leases, self.process.work, batch))


@pytest_asyncio.fixture
async def member(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Member]:
    monkeypatch.setattr(module, "_STOPPED", 0.02)
    monkeypatch.setattr(module, "_RETRY", (0.01, 0.05))
    made = Member(world, await world.process())
    made.leases.open_assigned()
    yield made
    await made.leases.shut(0)


async def test_every_assigned_partition_is_opened_at_its_floor(member: Member):
    for partition in (0, 1):
        assert (await member.opened(partition)).next == 0
    await member.carry(member.fetched(await member.opened(), [member.world.say(amount=1), member.world.say(amount=2)]))
    member.leases.reopen(member.place)
    lease = await member.opened()
    assert lease.next == 2 and lease.epoch == 1
    assert member.shelf.sought[-1] == (0, 2)


async def test_a_partition_is_in_one_batch_at_a_time(member: Member):
    lease, _ = await member.opened(), await member.opened(1)
    gate = member.process.gates.stop_at("before write")
    running = asyncio.create_task(member.carry(member.fetched(lease, [member.world.say()])))
    await gate.reached()
    assert [ready.source.partition for ready in member.leases.ready()] == [1], "the other one is fetched meanwhile"
    gate.open()
    await running
    assert len(member.leases.ready()) == 2


async def test_what_was_fetched_under_an_old_lease_is_thrown_away(member: Member):
    old = await member.opened()
    member.leases.reopen(member.place)
    new = await member.opened()
    assert new is not old
    assert not member.leases.is_current(old) and member.leases.is_current(new)


async def test_a_batch_that_runs_at_a_revoke_may_finish(member: Member):
    lease = await member.opened()
    gate = member.process.gates.stop_at("before write")
    running = asyncio.create_task(member.carry(member.fetched(lease, [member.world.say(amount=5)])))
    await gate.reached()
    revoking = asyncio.create_task(member.leases.close_all(LONG))
    await asyncio.sleep(0)
    assert lease.closing.is_set() and not lease.void.is_set()
    gate.open()
    await asyncio.gather(running, revoking)
    assert member.leases.held == {} and lease.void.is_set()
    assert await member.world.totals() == [5]


async def test_idle_work_that_runs_at_a_revoke_may_end(member: Member):
    """It may be in the middle of an effect that the next owner would do again."""
    lease = await member.opened()
    lease.idle_work = asyncio.Event()
    revoking = asyncio.create_task(member.leases.close_all(LONG))
    await asyncio.sleep(0)
    assert lease.closing.is_set() and not lease.void.is_set()
    lease.idle_work.set()
    await within("an end of the revoke", revoking)
    assert member.leases.held == {} and lease.void.is_set()


async def test_a_batch_that_waits_for_a_server_gives_up_at_a_revoke_and_the_next_owner_does_it(member: Member):
    world, lease = member.world, await member.opened()
    gates = member.process.gates
    gate = gates.fail_at("before write")
    running = asyncio.create_task(member.carry(member.fetched(lease, [world.say(amount=5)])))
    await gate.reached()
    gates.stop_at("before write")  # the next try hangs
    await within("an end of the revoke", member.leases.close_all(0.05))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    heir = Member(world, await world.process())
    heir.leases.open_assigned()
    await heir.carry(heir.fetched(await heir.opened(), world.log))
    assert await world.totals() == [5]
    await heir.leases.shut(0)


async def test_a_void_lease_publishes_nothing_more(member: Member):
    world, lease = member.world, await member.opened()
    gate = member.process.gates.stop_at("before publish")
    running = asyncio.create_task(member.carry(member.fetched(lease, [world.say(amount=5)])))
    await gate.reached()
    await member.leases.close_all(0)
    await running
    assert await world.totals() == []
    member.leases.open_assigned()
    await member.opened()
    assert await world.totals() == [5], "the opening sends what was committed"


async def test_a_revoke_hands_over_no_row_that_is_out(member: Member):
    world, lease = member.world, await member.opened()
    await member.carry(member.fetched(lease, [world.say(amount=5)]))
    await member.leases.close_all(LONG)
    heir = Member(world, await world.process())
    heir.leases.open_assigned()
    await heir.opened()
    await heir.leases.shut(0)
    assert len(await world.published(world.events.name)) == 1, "the heir has nothing to send again"


async def test_a_revoke_closes_a_lease_whose_floor_is_behind(member: Member, monkeypatch: pytest.MonkeyPatch):
    lease, other, closed = await member.opened(), await member.opened(1), list[Lease]()

    async def close(of: Lease) -> None:
        closed.append(of)

    monkeypatch.setattr(member.process.work, "close", close)
    lease.passed, other.passed = Passed(0, 3), Passed(0, 3, told=True)
    await member.leases.close_all(LONG)
    assert closed == [lease]


async def test_who_gets_a_partition_back_knows_what_it_sent_though_the_store_was_away(member: Member):
    world, lease = member.world, await member.opened()
    await member.carry(member.fetched(lease, [world.say(amount=5)]))
    member.process.gates.fail_at("forget")
    await member.leases.close_all(LONG)
    member.leases.open_assigned()
    again = await member.opened()
    assert len(await world.published(world.events.name)) == 1
    await member.carry(member.fetched(again, [world.say(amount=6)]))
    assert await world.totals() == [5, 11]
    await world.settled(member.process, again)


async def test_a_batch_with_a_hole_before_it_opens_the_partition_again_and_a_real_hole_is_passed(member: Member):
    world, lease = member.world, await member.opened()
    world.say(amount=100)  # an offset that nobody will see
    late = [world.say(amount=2)]
    await member.carry(member.fetched(lease, late))
    assert await world.totals() == [], "not before it was looked for once more"
    again = await member.opened()
    assert again is not lease and again.next == 0
    await member.carry(member.fetched(again, late))
    assert await world.totals() == [2]


async def test_a_handler_that_breaks_opens_the_partition_again_and_loses_nothing(
    member: Member, monkeypatch: pytest.MonkeyPatch
):
    world, lease = member.world, await member.opened()
    member.process.gates.fail_at("before write", RuntimeError("a bug of ours"))
    await member.carry(member.fetched(lease, [world.say(amount=5)]))
    again = await member.opened()
    assert again is not lease
    await member.carry(member.fetched(again, world.log))
    assert await world.totals() == [5]


async def test_an_opening_is_tried_until_the_servers_answer(member: Member):
    await member.opened()
    member.shelf.fails = [TimeoutError(), OSError("away"), RuntimeError("anything")]
    member.leases.reopen(member.place)
    assert (await member.opened()).next == 0
    assert member.shelf.fails == []


async def _opening_deaf(member: Member) -> "tuple[asyncio.Task[None], asyncio.Event]":
    """An opening that does not hear that it is cancelled before the event is set."""
    await member.opened()
    here, answer = asyncio.Event(), asyncio.Event()
    member.shelf.deaf.append((here, answer))
    member.leases.reopen(member.place)
    await within("the opening to ask for the bounds", here.wait())
    return member.leases._openers[member.place], answer


async def test_an_opening_that_did_not_hear_of_its_end_takes_nothing_from_the_next(member: Member):
    old, answer = await _opening_deaf(member)
    member.leases.reopen(member.place)
    lease = await member.opened()
    answer.set()
    await within("the first opening to be over", asyncio.wait([old]))
    assert member.leases.held[member.place] is lease and member.leases.is_current(lease)


async def test_an_opening_that_did_not_hear_of_a_revoke_holds_nothing_after_it(member: Member):
    """Else the process holds what is another's: it looks after its outbox, and is never ready again."""
    old, answer = await _opening_deaf(member)
    await member.leases.close_all(0)
    answer.set()
    await within("the opening to be over", asyncio.wait([old]))
    assert member.leases.held == {}


async def _stopped(member: Member) -> None:
    async def said_so() -> bool:
        name = (member.leases.group, member.place.topic, "0")
        return module.metrics.STOPPED.labels(*name)._value.get() == 1

    await until("the partition to be stopped loudly", said_so)


async def test_a_topic_made_anew_stops_its_partition_and_no_other(member: Member):
    world, lease = member.world, await member.opened()
    await member.carry(member.fetched(lease, [world.say(amount=1), world.say(amount=2)]))
    member.shelf.ends = dict.fromkeys(member.shelf.places, 1)  # the new log is shorter than the floor
    for partition in (0, 1):
        member.leases.reopen(TP(member.place.topic, partition))
    await member.opened(1)
    await _stopped(member)
    assert member.place not in member.leases.held
    await world.query(  # what `./lezzet topics reset` does
        "update floor set next = 0, incarnation = incarnation + 1 where consumer = $1 and topic = $2 and partition = 0"
        " returning next", member.leases.group, member.place.topic,
    )  # fmt: skip
    assert (await member.opened()).incarnation == 1


async def test_a_partition_that_stands_still_is_an_error_once_and_then_ever_more_seldom(
    member: Member, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_STOPPED", 0.0)
    member.shelf.first = 5
    lease, looks = await member.opened(1), member.shelf.looks
    with capture_logs() as said:
        member.leases.reopen(member.place)

        async def tried_often() -> bool:
            return member.shelf.looks > looks + 20

        await until("20 tries to open it", tried_often)
        member.shelf.first = 0
        await member.opened()
        assert not member.leases.stopped
        member.shelf.first = 5
        member.leases.reopen(member.place)
        await _stopped(member)
    told = [line for line in said if line["event"] == "partition_stopped"]
    assert [(line["log_level"], line["seconds"]) for line in told] == [("error", 0)] * 2, "once each time that it stops"
    assert member.leases.is_current(lease)


async def test_a_log_that_lost_what_was_not_done_stops_its_partition(member: Member):
    await member.opened()
    member.shelf.first = 5
    member.leases.reopen(member.place)
    await _stopped(member)
    assert member.place not in member.leases.held


class Watched:
    """Work that notes the leases which it was given to open."""

    def __init__(self, work: Any) -> None:
        self._work, self.given = work, list[Lease]()

    async def open(self, lease: Lease, earliest: int) -> None:
        self.given.append(lease)
        await self._work.open(lease, earliest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


async def test_the_lease_of_an_opening_that_failed_is_ended(member: Member):
    """Else its work asks for ever for timers of a partition that it does not own, also when the process has stopped."""
    await member.opened()
    work = Watched(member.process.work)
    member.leases.works = {member.place.topic: work}
    member.shelf.first = 5
    member.leases.reopen(member.place)
    await _stopped(member)
    assert work.given and all(lease.closing.is_set() and lease.void.is_set() for lease in work.given)


class Unread:
    """Work that stops at an offset until it is told that it can read what stands there."""

    def __init__(self, work: Any, at: int) -> None:
        self._work, self.at, self.can_read = work, at, False

    async def run(self, batch: Batch) -> None:
        if not self.can_read:
            raise Stopped(self.at, "unknown type")
        await self._work.run(batch)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


async def test_a_partition_that_must_not_go_on_says_so_until_it_can(member: Member):
    lease, world = await member.opened(), member.world
    work = Unread(member.process.work, 0)
    member.leases.works = {member.place.topic: work}
    records = [world.say(amount=1)]
    for _ in range(2):
        lease = await member.opened()
        await within("an end of the batch", carry(member.leases, work, member.fetched(lease, records)))  # type: ignore[arg-type]
        await _stopped(member)
        assert member.leases.stopped == {member.place: "offset 0: unknown type"}
    work.can_read = True
    lease = await member.opened()
    assert member.leases.stopped, "it has not gone on yet"
    await within("an end of the batch", carry(member.leases, work, member.fetched(lease, records)))  # type: ignore[arg-type]
    assert (lease.next, member.leases.stopped) == (1, {})
    assert module.metrics.STOPPED.labels(member.leases.group, member.place.topic, "0")._value.get() == 0


async def test_whoever_loses_a_stopped_partition_says_nothing_of_it_any_more(member: Member):
    lease = await member.opened()
    work = Unread(member.process.work, 0)
    await within("an end of the batch", carry(member.leases, work, member.fetched(lease, [member.world.say()])))  # type: ignore[arg-type]
    assert member.leases.stopped
    await member.leases.close_all(0)
    assert not member.leases.stopped

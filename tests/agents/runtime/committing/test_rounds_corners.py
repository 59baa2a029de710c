"""Rounds that meet something else on their way. On the store in memory, as in test_rounds.py."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec
import pytest
from aiokafka import ConsumerRecord

from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.transport.lease import Batch
from stores.errors import TimedOut, Unavailable
from stores.protocol import LOOK_BYTES, Changes, Moment, OutboxRow, Source
from tests.agents.runtime.committing.test_rounds import COMMANDS, EVENTS, UNSTORABLE, Process, Store
from tests.agents.runtime.deciding.test_preparation import Looks
from tests.agents.runtime.tally import BAD_LUCK, DECIDER, Add, Added, Tally
from tests.deadline import within
from topics.deciding.decision import Context, Decider, Decision, accept, reject
from topics.messages import headers, redrive


def decide_noted(command: Add, tally: Tally, facts: None, context: Context) -> Decision[Added]:
    """Refuses what comes without a note to an aggregate that has none."""
    if not (command.note or tally.note):
        return reject("empty", "there is no note")
    return accept(Added(amount=1, total=tally.total + 1, note=command.note))


def evolve_noted(tally: Tally, event: Added) -> Tally:
    """A small event makes a large state."""
    return Tally(event.total, tally.note or event.note * LOOK_BYTES)


async def test_a_state_that_was_left_out_behind_messages_that_are_done_is_not_taken_for_an_empty_one():
    """The first message is done, and the answer of its write was lost. Its large state comes first in the next look."""
    process = Process(Decider[Add, Added, Tally, None](state=Tally, decide=decide_noted, evolve=evolve_noted))
    await process.do(await process.batch(0, ("a", Add(amount=1, note="x"))))
    await process.do(await process.batch(0, ("b", Add(amount=1, note="y"))))
    both = await process.batch(0, ("a", Add(amount=1)), ("b", Add(amount=1)))
    await process.work.run(Batch(both.lease, both.records[:1], both.first))
    await process.do(both)
    assert (process.total("a"), process.total("b")) == (2, 2)


class Unreliable(Store):
    """after_write: what the answer of the next write is instead. at_publish: what the next publishing fails with."""

    after_write: Exception | None = None
    at_publish: Exception | None = None

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        await super().write(moment, changes)
        failure, self.after_write = self.after_write, None
        if failure is not None:
            raise failure

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        failure, self.at_publish = self.at_publish, None
        if failure is not None:
            raise failure
        await super().publish(rows)


def redrive_of(batch: Batch, key: str, drop: str) -> Batch:
    """The batch with an order to redrive in place of its only message."""
    old = batch.records[0]
    named = [(headers.ID, b"redrive"), (headers.TYPE, redrive.TYPE.encode()), (headers.SOURCE, b"tests")]
    body = msgspec.json.encode(redrive.Redrive(drop=(drop,)))
    record = ConsumerRecord(
        old.topic, old.partition, old.offset, old.timestamp, 1, key.encode(), body, None, 0, 0, named
    )
    return Batch(batch.lease, [record], batch.first)


@pytest.mark.parametrize("lost", ["after_write", "at_publish"])
async def test_a_redrive_in_steps_publishes_each_step_before_the_next_one_whatever_fails(lost: str):
    """A step leaves the floor where it is, so the floor does not tell that it happened."""
    process, store = Process(), Unreliable()
    process.store = store
    process.work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store, Looks())  # type: ignore[arg-type]
    parked = [("a", Add(amount=BAD_LUCK)), *itertools.repeat(("a", Add(amount=1)), 40)]
    await process.do(await process.batch(0, *parked))
    assert len(store.tables.parked) == 41
    setattr(store, lost, Unavailable("memory", "no answer"))
    await process.do(redrive_of(await process.batch(0, ("a", Add(amount=1))), "a", drop="1"))
    assert [version for _, version in store.events()] == list(range(1, 41))


class Slow(Store):
    """Ends no write of more than 100 messages in time."""

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        if sum(len(change.inbox) for change in changes.values()) > 100:
            raise TimedOut("memory", "too much")
        await super().write(moment, changes)


async def test_a_partition_whose_writes_time_out_takes_less_though_others_are_written_in_time():
    process, store = Process(), Slow()
    process.store = store
    process.work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store)  # type: ignore[arg-type]
    many = await process.batch(0, *((f"k{n}", Add(amount=1)) for n in range(400)))
    for _ in range(20):
        for _ in range(3):
            await process.do(await process.batch(1, ("small", Add(amount=1))))
        with suppress(TimedOut):
            return await process.work.run(many)
    pytest.fail("it is tried with as much as before, again and again")


async def test_a_redrive_of_many_takes_as_many_steps_as_its_writes_need():
    process, store = Process(), Slow()
    process.store = store
    process.work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store)  # type: ignore[arg-type]
    await process.do(await process.batch(0, ("a", Add(amount=BAD_LUCK)), *itertools.repeat(("a", Add(amount=1)), 300)))
    order = redrive_of(await process.batch(0, ("a", Add(amount=1))), "a", drop="1")
    for _ in range(20):
        with suppress(TimedOut):
            await process.work.run(order)
            break
    assert [version for _, version in store.events()] == list(range(1, 301))
    assert not store.tables.parked


async def test_a_name_that_is_released_and_taken_again_in_one_redrive_stays_with_its_owner():
    process = Process()
    await process.do(await process.batch(0, ("a", Add(amount=1, name="n"))))
    parked = [Add(amount=BAD_LUCK), Add(amount=1, releases="n"), Add(amount=1, name="n")]
    await process.do(await process.batch(0, *(("a", add) for add in parked)))
    await process.do(redrive_of(await process.batch(0, ("a", Add(amount=1))), "a", drop="2"))
    assert process.total("a") == 3
    assert process.store.tables.claims == {("name", "n"): "a"}


async def test_a_round_that_waits_for_the_store_holds_up_no_other_partition():
    process = Process()
    gate = process.store.gates.stop_at("before write")
    slow = process.begin(await process.batch(0, ("a", Add(amount=1))))
    await gate.reached()
    await within("the other partition's batch", process.do(await process.batch(1, ("b", Add(amount=1)))))
    assert not slow.done()
    gate.open()
    await slow
    assert (process.total("a"), process.total("b")) == (1, 1)


async def test_what_is_parked_counts_for_what_a_round_writes():
    process = Process()
    await process.do(await process.batch(0, ("a", Add(amount=BAD_LUCK))))
    large = Add(amount=1, note="x" * 1024 * 1024)
    await process.do(await process.batch(0, *itertools.repeat(("a", large), 20)))
    assert len(process.store.tables.parked) == 21
    assert len(process.store.writes) == 4, "the first message, then 8 MiB at a time"


async def test_a_redrive_that_times_out_beside_a_message_that_cannot_be_stored_takes_less_too():
    process, store = Process(), Slow()
    process.store = store
    process.work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store)  # type: ignore[arg-type]
    await process.do(await process.batch(0, ("a", Add(amount=BAD_LUCK)), *itertools.repeat(("a", Add(amount=1)), 300)))
    said = await process.batch(0, ("a", Add(amount=1)), ("bad", Add(amount=1, name=UNSTORABLE)))
    order = redrive_of(said, "a", drop="1")
    both = Batch(said.lease, [*order.records, said.records[1]], said.first)
    for _ in range(20):
        with suppress(TimedOut):
            await process.work.run(both)
            break
    assert process.total("a") == 300
    assert [row.key for _, row in store.tables.parked.values()] == ["bad"]


async def test_rows_of_messages_that_were_parked_just_before_their_redrive_come_after_those_of_older_ones():
    """The answer of the write is lost, so its rows go out in the order of their ids."""
    process, store = Process(), Unreliable()
    process.store = store
    process.work = Deciding(Roles(COMMANDS, EVENTS, DECIDER), store, Drain(store, store, store), store)  # type: ignore[arg-type]
    await process.do(await process.batch(0, ("a", Add(amount=BAD_LUCK)), ("a", Add(amount=1))))
    said = await process.batch(0, ("a", Add(amount=2)), ("a", Add(amount=1)))
    order = redrive_of(Batch(said.lease, said.records[1:], said.first + 1), "a", drop="1")
    store.after_write = Unavailable("memory", "no answer")
    await process.do(Batch(said.lease, [said.records[0], *order.records], said.first))
    assert [version for _, version in store.events()] == [1, 2]

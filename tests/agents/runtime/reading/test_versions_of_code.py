"""Old code beside new code on the same aggregates, copies and views: neither writes over what only the other one knows."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, cast

import msgspec
import pytest
from msgspec.structs import replace

from agents.runtime import arrivals, metrics
from agents.runtime.deciding.working_set import WorkingSet
from agents.runtime.reading import aside
from agents.runtime.reading.copying import Copying
from agents.runtime.reading.effecting import Effecting
from agents.runtime.reading.showing import Showing
from agents.runtime.reading.taking_in import Intake
from agents.runtime.sending import letters
from agents.runtime.transport.lease import Lease, Stopped
from stores.errors import Doubt
from stores.protocol import Changes, Floor, Missed, Moment, Stored
from stores.redis import tags
from stores.redis.generations import ViewGenerations
from stores.redis.projection import ProjectionStore
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import DECIDER, Add, Added, Tally, claims, decide
from tests.agents.runtime.world import Process, World
from topics import keys
from topics.deciding.decision import Decider, Origin, Send
from topics.deciding.projection import FactTable, Shown, View
from topics.messages import headers
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Step


class Part(msgspec.Struct, frozen=True):
    id: str
    colour: str = ""


class NewTally(msgspec.Struct, frozen=True):
    """What the next release makes of Tally. adds: how often something was added by code that counts it."""

    total: int = 0
    note: str = ""
    waiting: Mapping[str, str] = {}
    adds: int = 0
    parts: tuple[Part, ...] = ()


def new_evolve(tally: NewTally, event: Added) -> NewTally:
    part = Part(str(event.total), "red")
    return NewTally(event.total, event.note, event.waiting, tally.adds + 1, (*tally.parts, part))


NEW: Decider[Add, Added, Any, None] = Decider(state=NewTally, decide=decide, evolve=new_evolve, claims=claims)  # type: ignore[arg-type]


async def _state(world: World) -> Any:
    (row,) = await world.query("select state from aggregate where id = $1", world.key("a"))
    return json.loads(row["state"])


async def test_a_state_that_older_code_writes_keeps_the_fields_that_it_does_not_know(world: World):
    new, old = await world.process(decider=NEW), await world.process(decider=DECIDER)
    await new.do(await new.open(), [world.say(amount=1, id="1"), world.say(amount=2, id="2")])
    lease = await old.open()
    await old.do(lease, [world.say(amount=10, id="3"), world.say(amount=20, id="4", fields={"note": "old"})])
    await old.do(lease, [world.say(amount=40, id="5")])
    await new.do(await new.open(), [world.say(amount=100, id="6")])
    assert await _state(world) == {
        "total": 173, "note": "", "adds": 3, "waiting": {},
        "parts": [{"id": "1", "colour": "red"}, {"id": "3", "colour": "red"}, {"id": "173", "colour": "red"}],
    }  # fmt: skip


class Erased(Added, frozen=True):
    """Takes away what is known."""


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        (Tally(7), Added(amount=1, total=7), {"total": 7, "note": "", "waiting": {}, "adds": 3}),
        (Tally(7), Erased(amount=1, total=7), {"total": 7, "note": "", "waiting": {}}),
        (Tally(), Added(amount=1, total=0), {"total": 0, "note": "", "waiting": {}}),
    ],
)
def test_a_state_that_is_erased_or_empty_again_keeps_nothing(state: Tally, event: Added, expected: Any):
    working = WorkingSet(DECIDER, {"a": Stored(4, '{"total":6,"note":"","adds":3}')})
    encoded = working.encoded("a", state, (event,))
    assert json.loads(encoded.body) == expected
    working.write("a", 5, state, encoded)
    after = working.encoded("a", Tally(9), (Added(amount=2, total=9),))
    assert json.loads(after.body) == expected | {"total": 9}


class Known(msgspec.Struct, frozen=True):
    sum: int


class NewKnown(msgspec.Struct, frozen=True):
    sum: int
    most: int = 0


def _show(before: Known | None, event: Added, meta: EventMeta) -> Shown[Known]:
    return Shown(Known((before.sum if before else 0) + event.amount))


def _show_new(before: NewKnown | None, event: Added, meta: EventMeta) -> Shown[NewKnown]:
    before = before or NewKnown(0)
    return Shown(replace(before, sum=before.sum + event.amount, most=max(before.most, event.amount)))


async def test_a_copy_that_older_code_writes_keeps_the_fields_that_it_does_not_know(world: World):
    process, feed = await world.process(), Feed(world.events)
    for document, show, first in ((NewKnown, _show_new, 1), (Known, _show, 3), (NewKnown, _show_new, 5)):
        table: FactTable[Any, Any] = FactTable(name=world.run, topic=feed.topic, document=document, show=show)  # type: ignore[arg-type]
        work = Copying(feed.topic, [table], process.store, process.drain)
        lease = feed.lease(f"{world.run}.project")
        for version in (first, first + 1):
            feed.event("a", version, version)
        await work.open(lease, 0)
        await work.run(feed.batch(lease))
    (row,) = await world.query("select version, body from fact where name = $1", world.run)
    assert (row["version"], json.loads(row["body"])) == (6, {"sum": 21, "most": 6})


def _in_hundredths(name: str) -> Step:
    return lambda body: body | {name: body[name] * 100}


async def test_a_state_of_an_older_form_is_read_and_written_in_the_one_of_today(world: World):
    """Code of before does not take the one of today for its own: the command is parked, and the state stays."""
    newer = dataclasses.replace(DECIDER, upcasts=(_in_hundredths("total"),))
    old, new = await world.process(decider=DECIDER), await world.process(decider=newer)
    await old.do(await old.open(), [world.say(amount=1, id="1")])
    await new.do(await new.open(), [world.say(amount=5, id="2"), world.say(amount=2, id="3")])
    expected = [2, {"total": 107, "note": "", "waiting": {}}]
    assert await _state(world) == expected
    await old.do(await old.open(), [world.say(amount=7, id="4")])
    assert await _state(world) == expected
    (parked,) = await world.query("select count(*) as rows from parked where key = $1", world.key("a"))
    assert parked["rows"] == 1


async def test_a_copy_of_an_older_form_is_read_and_written_in_the_one_of_today(world: World):
    process, feed = await world.process(), Feed(world.events)
    rows: list[Any] = []
    for first, upcasts in ((1, ()), (3, (_in_hundredths("sum"),)), (5, ())):
        table: FactTable[Any, Any] = FactTable(
            name=world.run, topic=feed.topic, document=Known, show=_show, upcasts=upcasts
        )
        work = Copying(feed.topic, [table], process.store, process.drain)
        lease = feed.lease(f"{world.run}.project")
        for version in (first, first + 1):
            feed.event("a", version, version)
        await work.open(lease, 0)
        await work.run(feed.batch(lease))
        rows += await world.query("select version, body from fact where name = $1", world.run)
    found = [(row["version"], json.loads(row["body"])) for row in rows]
    assert found == [(2, {"sum": 3}), (4, [2, {"sum": 307}]), (4, [2, {"sum": 307}])], "code of before leaves it behind"


class Taken(Message, frozen=True):
    """An event that the next release publishes."""

    amount: int


def newer(topic: Topic) -> Topic:
    """The events as the next release knows them."""
    return Topic(
        name=topic.name, messages=(Added, Taken), key=topic.key, producers=topic.producers, consumers=topic.consumers,
        partitions=topic.partitions,
    )  # fmt: skip


def _newer_show(before: Known | None, event: Added | Taken, meta: EventMeta) -> Shown[Known]:
    amount = -event.amount if isinstance(event, Taken) else event.amount
    return Shown(Known((before.sum if before else 0) + amount))


class Release:
    """One release of a reader: old or new; `code` is its fingerprint."""

    def __init__(self, world: World, process: Process, feed: Feed, code: str) -> None:
        self.world, self.process, self.feed, self.code = world, process, feed, code
        self.topic, self.show = (feed.topic, _show) if code == "old" else (newer(feed.topic), _newer_show)
        self.work = self._work()

    def _work(self) -> Any:
        raise NotImplementedError

    async def shown(self, key: str) -> tuple[int, int] | None:
        raise NotImplementedError

    async def opened(self) -> Lease:
        lease = self.feed.lease(f"{self.world.run}.project")
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease) -> None:
        batch = self.feed.batch(lease)
        await self.work.run(batch)
        lease.next = batch.next


class Copier(Release):
    def _work(self) -> Copying:
        table: FactTable[Any, Any] = FactTable(
            name=self.world.run, topic=self.topic, document=Known, show=cast(Any, self.show)
        )
        return Copying(self.topic, [table], self.process.store, self.process.drain, self.code)

    async def shown(self, key: str) -> tuple[int, int] | None:
        rows = await self.world.query(
            "select version, body from fact where name = $1 and key = $2", self.world.run, key
        )
        return (rows[0]["version"], json.loads(rows[0]["body"])["sum"]) if rows else None


class Shower(Release):
    """Both releases show documents of one form (View.form), so both write the same generation."""

    def _work(self) -> Showing:
        view: View[Any, Any] = View(name=self.world.run, topic=self.topic, document=Known, show=self._show)
        redis, group = self.world.redis, f"{self.world.run}.project"
        return Showing(
            group, self.topic, [view], ProjectionStore(redis), ViewGenerations(redis), self.world.publisher,
            self.feed.replay, self.code,
        )  # fmt: skip

    def _show(self, before: Any, event: Any, meta: EventMeta) -> Shown[Any]:
        return cast(Any, self.show)(before, event, meta)

    async def shown(self, key: str) -> tuple[int, int] | None:
        (value,) = await tags.read(self.world.redis, [keys.document(self.world.run, key)])
        return None if value is None else (keys.split(value)[0], json.loads(keys.split(value)[1])["sum"])


READERS = pytest.mark.parametrize("reader", [Copier, Shower])


def _at_work(feed: Feed) -> None:
    """`a` has an event of newer code in the middle, `b` has none."""
    feed.event("a", 1, 10)
    feed.event("b", 1, 1)
    feed.event("a", 2, body=b'{"amount": 3}', type="Taken")
    feed.event("b", 2, 1)
    feed.event("a", 3, 100)


@READERS
async def test_an_event_of_newer_code_waits_for_it_and_holds_up_nobody_else(world: World, reader: type[Release]):
    feed, process = Feed(world.events), await world.process()
    old, new = reader(world, process, feed, "old"), reader(world, process, feed, "new")
    _at_work(feed)
    lease = await old.opened()
    gaps = metrics.GAPS.labels(lease.source.group, lease.source.topic)._value.get()
    await old.run(lease)
    assert (await old.shown("a"), await old.shown("b")) == ((1, 10), (2, 2))
    assert "offset 2" in lease.missed and "unknown type" in lease.missed
    assert metrics.GAPS.labels(lease.source.group, lease.source.topic)._value.get() == gaps, (
        "it follows on what is missed"
    )
    feed.event("b", 3, 1)
    lease = await old.opened()
    assert (lease.next, bool(lease.missed)) == (5, True), "the same code does not read it again with every rebalance"
    await old.run(lease)
    lease = await new.opened()
    assert (lease.next, lease.missed) == (2, "")
    await new.run(lease)
    assert (await new.shown("a"), await new.shown("b")) == ((3, 107), (3, 3))
    assert await world.published(feed.topic.dead_letters) == []
    lease = await old.opened()
    assert (lease.next, lease.missed) == (6, ""), "newer code has applied it, also for the older"
    feed.event("a", 4, 1)
    await old.run(lease)
    assert await old.shown("a") == (4, 108)


@READERS
async def test_a_newer_version_of_a_known_type_waits_too(world: World, reader: type[Release]):
    feed, process = Feed(world.events), await world.process()
    old = reader(world, process, feed, "old")
    feed.event("a", 1, 10)
    feed.event("a", 2, 10, more={headers.SCHEMA_VERSION: "2"})
    lease = await old.opened()
    await old.run(lease)
    assert await old.shown("a") == (1, 10)
    assert "version 2, this code reads up to 1" in lease.missed


@READERS
async def test_a_kill_between_the_opening_and_the_first_batch_loses_no_missed_event(
    world: World, reader: type[Release]
):
    feed, process = Feed(world.events), await world.process()
    old, new = reader(world, process, feed, "old"), reader(world, process, feed, "new")
    _at_work(feed)
    await old.run(await old.opened())
    await new.opened()  # and the process dies
    lease = await old.opened()
    assert lease.next == 2
    await old.run(lease)
    assert await old.shown("a") == (1, 10)
    await new.run(await new.opened())
    assert await new.shown("a") == (3, 107)


@READERS
async def test_a_dead_letter_of_a_killed_process_does_not_hold_up_what_is_read_again(
    world: World, reader: type[Release]
):
    """Its row in the outbox used to be in the way of the same row, and the partition of a copy stood still for ever."""
    feed, process = Feed(world.events), await world.process()
    old, new = reader(world, process, feed, "old"), reader(world, process, feed, "new")
    _at_work(feed)
    feed.event("c", 1, type="Rocket", source="somebody")
    await old.run(await old.opened())  # and the process dies: nobody deletes the row that is published
    await new.run(await new.opened())
    assert await new.shown("a") == (3, 107)
    assert {dict(letter.headers)[headers.DLQ_OFFSET] for letter in await world.published(feed.topic.dead_letters)} == {
        b"5"
    }


async def test_where_copies_are_behind_outlives_an_owner_that_has_lost_the_partition(world: World):
    feed, process = Feed(world.events), await world.process()
    old, new = Copier(world, process, feed, "old"), Copier(world, process, feed, "new")
    _at_work(feed)
    zombie = await old.opened()
    await new.opened()
    with pytest.raises(Doubt):
        await process.store.write(
            Moment(floors={zombie.source: Floor(0, 0, zombie.epoch)}),
            {zombie.source: Changes(next=5, missed=Missed(2, "old"))},
        )
    assert (await new.opened()).next == 0


async def test_an_intake_stops_at_a_message_of_newer_code_and_goes_on_with_it(world: World):
    feed, process = Feed(world.events), await world.process()
    for version, kind in ((1, "Added"), (2, "Taken"), (3, "Added")):
        feed.event("a", version, body=b'{"amount": 3, "total": 3}', type=kind)

    def translate(message: Any, origin: Origin) -> list[Send]:
        return [Send(world.commands, "a", Add(amount=message.amount))]

    old = Intake(feed.topic, "tests", translate, process.store, process.drain)
    lease = feed.lease(f"{world.run}.decide")
    await old.open(lease, 0)
    for _ in range(2):
        with pytest.raises(Stopped, match="offset 1: ce_type: unknown type 'Taken'"):
            await old.run(feed.batch(lease))
    assert len(await world.published(world.commands.name)) == 1
    lease = feed.lease(f"{world.run}.decide")
    new = Intake(newer(feed.topic), "tests", translate, process.store, process.drain)
    await new.open(lease, 0)
    assert lease.next == 1
    await new.run(feed.batch(lease))
    assert len(await world.published(world.commands.name)) == 3
    assert await world.published(feed.topic.dead_letters) == []


async def test_what_somebody_else_publishes_is_a_dead_letter_as_before(world: World):
    feed, process = Feed(world.events), await world.process()
    feed.event("a", 1, type="Rocket", source="somebody")
    feed.event("a", 1)
    work = Intake(feed.topic, "tests", lambda message, origin: [], process.store, process.drain)
    lease = feed.lease(f"{world.run}.decide")
    await work.open(lease, 0)
    await work.run(feed.batch(lease))
    (dead,) = await world.published(feed.topic.dead_letters)
    assert b"unknown type" in dict(dead.headers)[headers.DLQ_REASON]


async def test_effects_stop_at_an_event_of_newer_code_and_none_is_done_twice(world: World):
    feed, process, done = Feed(world.events), await world.process(), list[int]()
    for version, kind in ((1, "Added"), (2, "Taken"), (3, "Added")):
        feed.event("a", version, body=b'{"amount": 3, "total": 3}', type=kind)

    async def perform(event: Any, meta: EventMeta) -> list[Send]:
        done.append(meta.version)
        return []

    lease = feed.lease(f"{world.run}.effect")
    old = Effecting(feed.topic, "tests", Message, perform, process.store, process.drain, 8)
    await old.open(lease, 0)
    for _ in range(2):
        with pytest.raises(Stopped, match="offset 1"):
            await old.run(feed.batch(lease))
    assert done == [1]
    lease = feed.lease(f"{world.run}.effect")
    new = Effecting(newer(feed.topic), "tests", Message, perform, process.store, process.drain, 8)
    await new.open(lease, 0)
    await new.run(feed.batch(lease))
    assert done == [1, 2, 3]


async def test_what_newer_code_has_set_aside_waits_for_it_when_older_code_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(aside, "FIRST", timedelta(0))
    feed, process, done = Feed(world.events), await world.process(), list[int]()
    feed.event("a", 1, body=b'{"amount": 3}', type="Taken")
    full = [aside.NotNow("452 full", datetime.max.replace(tzinfo=UTC))]

    async def perform(event: Any, meta: EventMeta) -> list[Send]:
        if full:
            raise full[0]
        done.append(meta.version)
        return []

    async def due_looked_at(topic: Topic) -> int:
        """How often the event was tried."""
        lease = feed.lease(f"{world.run}.effect")
        work = Effecting(topic, "tests", Message, perform, process.store, process.drain, 8)
        await work.open(lease, 0)
        if lease.next == 0:
            await work.run(feed.batch(lease))
        await work.idle([lease])
        rows = await world.query("select tries from set_aside where consumer = $1", lease.source.group)
        return rows[0]["tries"] if rows else 0

    tried = await due_looked_at(newer(feed.topic))
    assert tried > 0
    full.clear()
    assert await due_looked_at(feed.topic) > tried and not done
    assert await due_looked_at(newer(feed.topic)) == 0 and done == [1]
    assert await world.published(feed.topic.dead_letters) == []


async def test_a_message_of_a_type_with_a_version_carries_it(world: World):
    class Weighed(Message, frozen=True):
        schema_version: ClassVar[int] = 2
        amount: int

    (arrival,) = [arrivals.read(world.commands, 0, world.say(id="1"), keyed=True)]
    named = dict(letters.caused_by(arrival, "tests", Weighed(amount=1)))
    assert named[headers.SCHEMA_VERSION] == b"2"
    assert headers.SCHEMA_VERSION not in dict(letters.caused_by(arrival, "tests", Added(amount=1, total=1)))

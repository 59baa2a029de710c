"""Old code beside new code on the same aggregates, copies and documents: neither writes over what only the other one knows."""

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from agents.runtime.deciding.working_set import WorkingSet
from agents.runtime.reading.copying import Copying
from agents.runtime.reading.showing import Showing
from stores.protocol import Stored
from stores.redis.projection import ProjectionStore
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import DECIDER, Add, Added, Tally, claims, decide
from tests.agents.runtime.world import World
from topics import keys
from topics.deciding.decision import Decider
from topics.deciding.projection import FactTable, Shown, View
from topics.messages.event import EventMeta


class Part(msgspec.Struct, frozen=True):
    id: str
    colour: str = ""


class NewTally(msgspec.Struct, frozen=True):
    """What the next release makes of Tally. adds: how often something was added by code that counts it."""

    total: int = 0
    note: str = ""
    adds: int = 0
    parts: tuple[Part, ...] = ()


def new_evolve(tally: NewTally, event: Added) -> NewTally:
    part = Part(str(event.total), "red")
    return NewTally(event.total, event.note, tally.adds + 1, (*tally.parts, part))


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
        "total": 173, "note": "", "adds": 3,
        "parts": [{"id": "1", "colour": "red"}, {"id": "3", "colour": "red"}, {"id": "173", "colour": "red"}],
    }  # fmt: skip


class Erased(Added, frozen=True):
    """Takes away what is known."""


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        (Tally(7), Added(amount=1, total=7), {"total": 7, "note": "", "adds": 3}),
        (Tally(7), Erased(amount=1, total=7), {"total": 7, "note": ""}),
        (Tally(), Added(amount=1, total=0), {"total": 0, "note": ""}),
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


async def test_a_document_that_older_code_writes_keeps_the_fields_that_it_does_not_know(world: World):
    feed = Feed(world.events)
    for document, show, first in ((NewKnown, _show_new, 9), (Known, _show, 1)):
        view: View[Any, Any] = View(name=world.run, topic=feed.topic, document=document, show=show)  # type: ignore[arg-type]
        work = Showing(feed.topic, [view], ProjectionStore(world.redis), world.publisher)
        lease = feed.lease(f"{world.run}.project")
        feed.event("a", 1 if document is NewKnown else 2, first)
        await work.open(lease, 0)
        await work.run(feed.batch(lease))
    value = await world.redis.get(keys.document(world.run, "a"))
    version, body = keys.split(value)
    assert (version, json.loads(body)) == (2, {"sum": 10, "most": 9})

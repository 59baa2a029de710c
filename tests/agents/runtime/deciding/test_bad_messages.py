"""One bad message in a batch never sinks its neighbours, and nothing of it is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec
import pytest

from stores.protocol import Changes, FactWrite
from tests.agents.runtime.tally import DECIDER, Add, Added, Tally, topics_of
from tests.agents.runtime.world import World
from topics.deciding.decision import Context, Decision
from topics.deciding.projection import FactTable, Shown

UNREADABLE = {
    "broken JSON": {"body": b'{"amount":'},
    "wrong shape": {"body": b"[1]"},
    "missing field": {"body": b"{}"},
    "unknown type": {"type": "Explode"},
    "no type": {"type": None},
    "empty": {"body": b""},
    "no key": {"key": None},
    "not UTF-8": {"body": b'{"amount": 1, "note": "\xff"}'},
    "a NUL": {"body": b'{"amount": 1, "note": "\\u0000"}'},
    "a header that is not UTF-8": {"raw": [("ce_type", b"\xff")]},
    "an id that no index takes": {"raw": [("ce_id", b"0123456789" * 400)]},
    "a deadline that is no number": {"more": {"lezzet_deadline": "soon"}},
    "a megabyte of nothing": {"body": b"x" * 1_000_000},
    "nested too deep": {"body": b"[" * 200_000},
}


@pytest.mark.parametrize("what", UNREADABLE)
async def test_what_cannot_be_read_is_dead_lettered_singly_with_its_original_bytes(world: World, what: str):
    process = await world.process()
    lease = await process.open()
    before, bad, after = world.say(amount=1), world.say(**UNREADABLE[what]), world.say(amount=2)
    await process.do(lease, [before, bad, after])
    assert await world.totals() == [1, 3]
    (dead,) = await world.dead()
    assert (dead.key, dead.body) == (bad.key, bad.value)
    named = dict(dead.headers)
    assert set(bad.headers) <= set(dead.headers)
    assert (named["dlq_topic"], named["dlq_offset"]) == (world.commands.name.encode(), b"1")
    assert named["dlq_reason"] and "dlq_parked" not in named
    await world.settled(process, lease)


async def test_a_raising_decider_parks_its_message_and_the_neighbours_take_effect(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say("a", 1), world.say("b", 13), world.say("c", 2), world.say("a", 3)])
    assert (await world.totals("a"), await world.totals("b"), await world.totals("c")) == ([1, 4], [], [2])


async def test_data_that_the_store_refuses_parks_its_message_and_the_neighbours_take_effect(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """A value that JSON takes and PostgreSQL does not: SQLSTATE 22."""
    process = await world.process()
    lease = await process.open()
    monkeypatch.setattr("agents.runtime.deciding.working_set._encode", _unstorable)
    await process.do(lease, [world.say("a", 1), world.say("b", 666), world.say("c", 2), world.say("a", 3)])
    assert (await world.totals("a"), await world.totals("b"), await world.totals("c")) == ([1, 4], [], [2])
    (dead,) = await world.dead()
    assert dict(dead.headers)["dlq_parked"] == b"1"
    assert b"22" in dict(dead.headers)["dlq_reason"]
    await world.settled(process, lease)


def _unstorable(value: object) -> bytes:
    encoded = msgspec.json.encode(value)
    return b"{not json" if b'"total":666' in encoded and b"operation" not in encoded else encoded


async def test_an_event_that_no_topic_takes_is_found_before_the_commit(world: World):
    process = await world.process()
    lease = await process.open()
    large = {"note": "x" * (2 * 1024 * 1024)}
    await process.do(lease, [world.say("a", 1), world.say("b", 2, fields=large), world.say("c", 3)])
    assert (await world.totals("a"), await world.totals("b"), await world.totals("c")) == ([1], [], [3])
    assert (await world.query("select count(*) n from parked where topic = $1", world.commands.name))[0]["n"] == 1


async def test_a_mended_message_may_come_under_the_same_id(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(body=b'{"amount":', id="x")])
    await process.do(lease, [world.say(amount=5, id="x"), world.say(amount=5, id="x")])
    assert await world.totals() == [5]


async def test_a_message_that_no_topic_takes_uncompressed_leaves_a_cut_dead_letter(world: World):
    process = await world.process()
    lease = await process.open()
    await process.do(lease, [world.say(body=b"x" * 5_000_000), world.say(amount=2)])
    assert await world.totals() == [2]
    (dead,) = await world.dead()
    assert dict(dead.headers)["dlq_cut"] == b"1"
    assert dead.body == b"x" * len(dead.body or b"") != b""
    await world.settled(process, lease)


async def test_a_claim_that_no_index_takes_parks_its_key_and_nothing_else(world: World):
    process = await world.process()
    lease = await process.open()
    name = {"name": "".join(f"{number:x}" for number in range(10**6, 10**6 + 3000))}
    await process.do(lease, [world.say("a", 1, fields=name), world.say("b", 2), world.say("a", 3)])
    assert (await world.totals("a"), await world.totals("b")) == ([], [2])
    await world.settled(process, lease)


def _careless_claims(command: Add, aggregate_id: str, caller: str | None) -> Iterable[tuple[str, str]]:
    if command.amount == 7:
        raise LookupError("no name to claim")
    return DECIDER.claims(command, aggregate_id, caller)


def _careless_needs(command: Add, tally: Tally) -> Iterable[tuple[str, str]]:
    if command.amount == 7:
        raise LookupError("no idea what it needs")
    return ()


_THINGS = FactTable[Tally, Added](
    name="thing", topic=topics_of("things")[1], document=Tally, show=lambda before, event, meta: Shown(before)
)
CARELESS = {
    "claims": replace(DECIDER, claims=_careless_claims),
    "needs": replace(DECIDER, needs=_careless_needs, fact_tables=(_THINGS,), facts=lambda thing: None),
}


@pytest.mark.parametrize("what", CARELESS)
async def test_a_message_over_which_claims_or_needs_raise_parks_its_key_and_the_neighbours_take_effect(
    world: World, what: str
):
    process = await world.process(decider=CARELESS[what])
    lease = await process.open()
    name = {"name": world.key("name")}
    batch = [("a", 1), ("b", 2), ("a", 7), ("b", 3), ("a", 4)]
    await process.do(lease, [world.say(key, n, id=f"{key} {n}", fields=name if n == 3 else None) for key, n in batch])
    assert (await world.totals("a"), await world.totals("b")) == ([1], [2, 5])
    (dead,) = await world.dead()
    assert dict(dead.headers)["dlq_parked"] == b"1" and b"no " in dict(dead.headers)["dlq_reason"]
    parked = await world.query("select id from parked where topic = $1 order by seq", world.commands.name)
    assert [row["id"] for row in parked] == [world.id("a 7"), world.id("a 4")], "what comes later waits behind it"
    await process.do(lease, [world.redrive("a", {"a 7": msgspec.json.encode(Add(amount=2))})])
    assert await world.totals("a") == [1, 3, 7]
    await world.settled(process, lease)


def _needs_by_state(command: Add, tally: Tally) -> Iterable[tuple[str, str]]:
    """An amount of 5 makes no sense before the first, and needs something that only its state tells."""
    if command.amount == 5 and tally.total == 0:
        raise LookupError("nothing is there yet")
    return [("thing", str(tally.total))]


def _decide_by_need(command: Add, tally: Tally, things: Mapping[str, Tally], context: Context) -> Decision[Added]:
    assert str(tally.total) in things, "what it needs was looked up"
    return DECIDER.decide(command, tally, None, context)


NEEDY = replace(
    DECIDER, needs=_needs_by_state, fact_tables=(_THINGS,), facts=lambda thing: thing, decide=_decide_by_need
)


async def test_what_a_message_needs_is_told_by_the_state_that_it_is_decided_on(world: World):
    """In a batch and in a redrive: messages before it change it."""
    process = await world.process(decider=NEEDY)
    things = [FactWrite("thing", str(total), 1, "{}") for total in range(20)]
    lease = await process.open()
    await process.store.write(await process.store.look([lease.source]), {lease.source: Changes(next=0, facts=things)})
    await process.do(lease, [world.say("a", 1), world.say("a", 5), world.say("b", 13, id="b")])
    await process.do(lease, [world.say("b", 1), world.say("b", 5), world.say("b", 3)])
    assert await world.totals("a") == [1, 6]
    await process.do(lease, [world.redrive("b", {"b": msgspec.json.encode(Add(amount=2))}), world.say("b", 4)])
    assert await world.totals("b") == [2, 3, 8, 11, 15]
    await world.settled(process, lease)

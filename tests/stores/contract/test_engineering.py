"""What engineers' commands ask of a domain's store, whatever technology it stands on."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.engineering import (
    Domains,
    Entered,
    Facts,
    First,
    Floor,
    Left,
    ParkedAs,
    ParkedKey,
    SetAside,
    SetTimer,
    Written,
)
from stores.errors import Stale
from stores.protocol import (
    AsideRow,
    Changes,
    DomainStore,
    Fact,
    FactWrite,
    Missed,
    OutboxRow,
    RowId,
    Source,
    StateWrite,
    TimerRow,
    TimerWrite,
)
from tests.stores.contract.stage import HERE, IMPLEMENTATIONS, THERE, commit, parked

AT = datetime(2026, 3, 1, tzinfo=UTC)
ELSEWHERE = Source("counter.project", "prices", 2)


class Desk(NamedTuple):
    domain: str
    store: DomainStore
    domains: Domains
    facts: Facts


@pytest_asyncio.fixture(params=[name for name, each in IMPLEMENTATIONS.items() if each.technology is not None])
async def desk(request: pytest.FixtureRequest, servers: Stack) -> AsyncGenerator[Desk]:
    implementation = IMPLEMENTATIONS[request.param]
    on, url, domain = implementation.technology, implementation.url(servers.endpoints), f"t{uuid.uuid4().hex[:10]}"
    assert on is not None
    async with implementation.stage(url, domain) as stage:
        for source in (HERE, THERE, ELSEWHERE):
            await stage.one.open(source, 0)
        async with on.domains(url, lambda name: name == domain) as domains, on.facts(url, domain) as facts:
            yield Desk(domain, stage.one, domains, facts)


async def test_only_the_domains_that_are_asked_for_are_there(desk: Desk) -> None:
    assert list(desk.domains.names) == [desk.domain]
    assert await desk.domains.parked("nobody", "counter_commands", "k", 9) == []
    assert await desk.domains.known("nobody", [("s", "1")]) == set()
    await desk.domains.forget_effect("nobody", HERE.group, "1")


async def test_parked_keys_are_told_with_their_first_message(desk: Desk) -> None:
    await commit(desk.store, HERE, Changes(next=3, park=[parked("k", "1"), parked("other", "2"), parked("k", "3")]))
    await commit(desk.store, ELSEWHERE, Changes(next=1, park=[parked("k", "4")]))
    topic, asked = HERE.topic, ("test", AT, "why")
    expected = [
        ParkedKey(desk.domain, topic, "k", 2, "1", *asked),
        ParkedKey(desk.domain, topic, "other", 1, "2", *asked),
    ]
    assert await desk.domains.parked_keys(topic) == expected
    assert await desk.domains.parked_keys() == [
        *expected,
        ParkedKey(desk.domain, ELSEWHERE.topic, "k", 1, "4", *asked),
    ]
    rows = await desk.domains.parked(desk.domain, topic, "k", 9)
    assert [(row.id, row.body, row.headers) for row in rows] == [
        (row.id, row.body, row.headers) for row in (parked("k", "1"), parked("k", "3"))
    ]
    assert [row.id for row in await desk.domains.parked(desk.domain, topic, "k", 1)] == ["1"]
    assert await desk.domains.parked_as(topic, ["3", "4"]) == [ParkedAs(desk.domain, "k", "test", "3")]
    keys = ["k", "other", "free"]
    assert await desk.domains.left(desk.domain, topic, keys) == {"k": Left(2, "1"), "other": Left(1, "2")}
    first = {"k": First("1", parked("k", "1").headers), "other": First("2", parked("other", "2").headers)}
    assert await desk.domains.first(desk.domain, topic, keys) == first


async def test_the_inbox_says_what_is_known(desk: Desk) -> None:
    await commit(desk.store, HERE, Changes(next=1, inbox={("s", "1"): None, ("s", "2"): "{}"}))
    asked = [("s", "1"), ("other", "1"), ("s", "2"), ("s", "3")]
    assert await desk.domains.known(desk.domain, asked) == {("s", "1"), ("s", "2")}


async def test_the_inbox_says_what_became_of_a_message_and_what_its_decision_read(desk: Desk) -> None:
    read = {("s", "2"): '{"prices":{"a":3}}'}
    await commit(desk.store, HERE, Changes(next=1, inbox={("s", "1"): None, ("s", "2"): "{}"}, facts_read=read))
    asked = [("s", "1"), ("s", "2"), ("s", "3")]
    expected = {("s", "1"): Entered(None, None), ("s", "2"): Entered("{}", '{"prices":{"a":3}}')}
    assert await desk.domains.entered(desk.domain, asked) == expected
    assert await desk.domains.entered("nobody", asked) == {}


async def test_states_are_told_by_id(desk: Desk) -> None:
    large = f'{{"a": "{"x" * 3_000_000}"}}'
    written = [StateWrite("k", 0, 2, '{"a": 1}'), StateWrite("large", 0, 1, large)]
    await commit(desk.store, HERE, Changes(next=1, states=written))
    found = await desk.domains.states(desk.domain, ["k", "large", "other"])
    assert {id: (each.version, each.body.replace(" ", "")) for id, each in found.items()} == {
        "k": (2, '{"a":1}'), "large": (1, large.replace(" ", "")),
    }  # fmt: skip
    assert await desk.domains.states("nobody", ["k"]) == {}


async def test_floors_are_told_by_topic(desk: Desk) -> None:
    await commit(desk.store, THERE, Changes(next=7))
    here = Floor(desk.domain, *HERE, 0, 0)
    assert await desk.domains.floors(HERE.topic) == [here, here._replace(partition=1, next=7)]
    assert set(await desk.domains.floors()) == {
        here,
        here._replace(partition=1, next=7),
        Floor(desk.domain, *ELSEWHERE, 0, 0),
    }


async def test_an_event_that_is_set_aside_is_told_with_the_first_one_of_its_key(desk: Desk) -> None:
    due, until = AT + timedelta(seconds=5), AT + timedelta(days=1)

    def event(id: str, offset: int, key: str, **more: Any) -> AsideRow:
        return AsideRow(
            id=id, key=key, incarnation=0, offset=offset, source="test", at=AT, raw_key=None, headers=(), body=None,
            since=AT, **{"tries": 0, "due": None, **more},
        )  # fmt: skip

    tried = {"tries": 3, "due": due, "until": until, "reason": "452 full"}
    rows = [event("1", 4, "k", **tried), event("2", 5, "k"), event("3", 6, "other", tries=1, due=due)]
    await commit(desk.store, HERE, Changes(next=7, set_aside=rows))
    asked = [(HERE.group, "2"), (HERE.group, "1"), ("nobody", "1"), (HERE.group, "4"), (HERE.group, "3")]
    found = await desk.domains.set_aside(desk.domain, asked)
    first = ("1", 3, due, until, "452 full")
    assert sorted(found, key=lambda each: each.id) == [
        SetAside(HERE, "k", "1", AT, *first),
        SetAside(HERE, "k", "2", AT, *first),
        SetAside(HERE, "other", "3", AT, "3", 1, due, None, ""),
    ]
    again = event("1", 4, "k", tries=4, due=due + timedelta(1), until=until + timedelta(1), reason="again")
    await commit(desk.store, HERE, Changes(next=7, set_aside=[again]))
    (found,) = await desk.domains.set_aside(desk.domain, [(HERE.group, "2")])
    assert found == SetAside(HERE, "k", "2", AT, "1", 4, again.due, again.until, "again")
    await commit(desk.store, HERE, Changes(next=7, take_back=["1"]))
    (found,) = await desk.domains.set_aside(desk.domain, [(HERE.group, "1"), (HERE.group, "2")])
    assert found == SetAside(HERE, "k", "2", AT, "2", 0, AT, None, "")
    assert not await desk.domains.set_aside(desk.domain, []) and not await desk.domains.set_aside("nobody", asked)


async def test_outbox_rows_are_told_by_the_messages_that_led_to_them(desk: Desk) -> None:
    def made(offset: int, n: int) -> OutboxRow:
        return OutboxRow("kafka", "counted", b"\xff", f'[["{offset}"]]', b"body", RowId(0, offset, n))

    def told(source: Source, offset: int, n: int) -> Written:
        return Written(source, RowId(0, offset, n), "kafka", "counted", b"\xff", f'[["{offset}"]]')

    reply = OutboxRow("reply", "", None, "{}", None, RowId(0, 9, 1))
    await commit(desk.store, HERE, Changes(next=10, outbox=[made(3, 1), made(3, 0), made(9, 0), reply, made(5, 0)]))
    await commit(desk.store, THERE, Changes(next=4, outbox=[made(3, 0)]))
    assert await desk.domains.outbox(desk.domain, {HERE: [9, 3, 4]}, 10) == [
        told(HERE, 3, 0), told(HERE, 3, 1), told(HERE, 9, 0), Written(HERE, RowId(0, 9, 1), "reply", "", None, "{}"),
    ]  # fmt: skip
    both = await desk.domains.outbox(desk.domain, {HERE: [3], THERE: [3], ELSEWHERE: [3]}, 1)
    assert set(both) == {told(HERE, 3, 0), told(THERE, 3, 0)}, "so many of each source"
    await desk.store.forget(HERE, [RowId(0, 3, 0)])
    assert await desk.domains.outbox(desk.domain, {HERE: [3]}, 10) == [told(HERE, 3, 1)]
    assert not await desk.domains.outbox(desk.domain, {}, 10)
    assert not await desk.domains.outbox("nobody", {HERE: [3]}, 10)


async def test_timers_are_told_by_their_aggregates(desk: Desk) -> None:
    past, later = AT, datetime.now(UTC).replace(microsecond=7) + timedelta(hours=1)
    rows = [
        TimerRow("1", later, '[["a", "b"]]', b"body"),
        TimerRow("2", past, "[]", b""),
        TimerRow("3", later, "[]", b""),
    ]
    writes = [TimerWrite(key, name, None, row) for (key, name), row in zip(("ke", "kd", "xe"), rows, strict=True)]
    await commit(desk.store, HERE, Changes(next=1, timers=writes))
    waits, rings = (
        SetTimer(HERE, "k", name, *row[:2], False, row.headers) for name, row in zip("ed", rows, strict=False)
    )
    assert await desk.domains.timers(desk.domain, ["k", "free"]) == [rings, waits], "by due time"
    await desk.store.timers_sent((await desk.store.due_timers({HERE: 0}, 10)).timers)
    assert await desk.domains.timers(desk.domain, ["k"]) == [rings._replace(sent=True), waits]
    await commit(desk.store, HERE, Changes(next=2, timers=[TimerWrite("k", "d", "2", None)]))
    assert await desk.domains.timers(desk.domain, ["k"]) == [waits]
    assert not await desk.domains.timers(desk.domain, []) and not await desk.domains.timers("nobody", ["k"])


async def test_a_topic_that_was_made_anew_begins_again_and_its_timers_are_sent_again(desk: Desk) -> None:
    rings = TimerRow("1", AT, "[]", b"")
    away = Changes(next=9, timers=[TimerWrite("k", "n", None, rings)], missed=Missed(4, "old code"))
    await commit(desk.store, HERE, away)
    await commit(desk.store, ELSEWHERE, Changes(next=5))
    due = await desk.store.due_timers({HERE: 0}, 10)
    await desk.store.timers_sent(due.timers)
    await desk.domains.begin_again(HERE.topic, {0: 2, 1: 3})
    assert [(floor.next, floor.incarnation) for floor in await desk.domains.floors(HERE.topic)] == [(2, 1), (3, 1)]
    assert [(floor.next, floor.incarnation) for floor in await desk.domains.floors(ELSEWHERE.topic)] == [(5, 0)]
    assert [timer.row for timer in (await desk.store.due_timers({HERE: 0}, 10)).timers] == [rings]
    assert await desk.store.again(HERE, 0, "new code") == (None, False), "nothing is missed any more"


async def test_an_effect_that_is_forgotten_is_tried_again_as_if_for_the_first_time(desk: Desk) -> None:
    await desk.store.begin_effects(HERE, 0, ["1", "2"])
    await desk.store.end_effects(HERE, ["1", "2"], [])
    await desk.domains.forget_effect(desk.domain, HERE.group, "1")
    assert await desk.store.begin_effects(HERE, 0, ["1", "2"]) == {"1": False}


async def test_copies_that_are_older_or_other_are_written_anew_and_later_ones_stay(desk: Desk) -> None:
    has = [FactWrite("prices", name, 2, '{"cents":2}') for name in ("same", "other", "later", "older")]
    await commit(desk.store, ELSEWHERE, Changes(next=4, facts=[*has, FactWrite("names", "x", 1, None)]))
    assert (await desk.facts.count("prices"), await desk.facts.count("nothing")) == (4, 0)
    wanted = [
        FactWrite("prices", "same", 2, '{"cents":2}'),
        FactWrite("prices", "other", 2, '{"cents":3}'),
        FactWrite("prices", "later", 1, '{"cents":1}'),
        FactWrite("prices", "older", 3, None),
        FactWrite("prices", "new", 1, '{"cents":1}'),
    ]
    assert await desk.facts.different(wanted) == 3
    assert await desk.facts.write(ELSEWHERE, wanted) == (3, {("prices", "later")})
    assert await desk.facts.different(wanted) == 0
    found = (await desk.store.look([ELSEWHERE], facts=[(fact.table, fact.key) for fact in wanted])).facts
    assert found["prices", "later"] == Fact(2, '{"cents":2}')
    assert found["prices", "older"] == Fact(3, None)
    assert found["prices", "other"] == Fact(2, '{"cents":3}')


async def test_whoever_looked_before_copies_were_written_anew_writes_nothing(desk: Desk) -> None:
    moment = await desk.store.look([ELSEWHERE])
    await desk.facts.write(ELSEWHERE, [FactWrite("prices", "a", 1, "{}")])
    with pytest.raises(Stale):
        await desk.store.write(moment, {ELSEWHERE: Changes(next=1)})


async def test_a_group_has_read_a_topic_when_it_has_a_floor(desk: Desk) -> None:
    assert await desk.facts.has_floor(*ELSEWHERE[:2])
    assert not await desk.facts.has_floor(ELSEWHERE.group, HERE.topic)
    assert not await desk.facts.has_floor(ELSEWHERE.group[:-1], ELSEWHERE.topic)


async def test_nothing_is_missed_after_it_was_read_again(desk: Desk) -> None:
    await commit(desk.store, ELSEWHERE, Changes(next=9, missed=Missed(4, "old code")))
    await desk.facts.nothing_is_missed(ELSEWHERE)
    assert await desk.store.again(ELSEWHERE, 0, "new code") == (None, False)


async def test_a_partition_that_was_never_opened_gets_its_copies_all_the_same(desk: Desk) -> None:
    never = ELSEWHERE._replace(partition=3)
    assert await desk.facts.write(never, [FactWrite("prices", "a", 1, "{}")]) == (1, set())
    assert (await desk.store.look([HERE], facts=[("prices", "a")])).facts == {("prices", "a"): Fact(1, "{}")}

"""A domain leaves PostgreSQL for MongoDB: everything goes along, once, and nobody decides meanwhile."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores import technologies
from stores.errors import Unavailable
from stores.mongo import taking_over
from stores.postgres.leaving import Leaving
from stores.protocol import (
    LOOK_BYTES,
    AsideRow,
    Changes,
    DomainStore,
    FactWrite,
    Missed,
    Moment,
    OutboxRow,
    RowId,
    TimerRow,
    TimerWrite,
)
from stores.settings import BadSetting, Settings, load
from stores.technologies import MONGO, POSTGRES
from tests.stores.contract.stage import HERE, THERE, commit, parked, row, write

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FAR = datetime.now(UTC) + timedelta(days=300)
HEAVY = '{"n":"' + "ğ" * LOOK_BYTES + '"}'


class Move(NamedTuple):
    settings: Settings
    domain: str
    before: DomainStore

    async def provision(self) -> int:
        return await technologies.provision(self.settings, self.domain)

    async def after(self) -> DomainStore:
        return await MONGO.store(self.settings.mongo, self.domain)


@pytest_asyncio.fixture
async def move(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Move]:
    """A domain in PostgreSQL, as the release before has left it."""
    settings, domain = load(servers.environment()), f"t{uuid.uuid4().hex[:10]}"
    await POSTGRES.provision(settings, settings.postgres, domain)
    before = await POSTGRES.store(settings.postgres, domain)
    for source in (HERE, THERE):
        await before.open(source, 0)
    monkeypatch.setitem(technologies.STANDS_ON, domain, MONGO)  # type: ignore[arg-type]
    yield Move(settings, domain, before)
    admin = await asyncpg.connect(settings.postgres)
    await admin.execute(f"drop schema if exists {domain} cascade")
    await admin.close()
    async with taking_over.database(settings.mongo, "tests") as found:
        await found.drop_collection(domain)


def _aside(id: str, offset: int, due: datetime | None) -> AsideRow:
    return AsideRow(
        id=id, key="k", incarnation=0, offset=offset, source="test", at=AT, raw_key=b"\xff", reason="452",
        headers=(("alien", b"\xff\x00"),), body=None, since=AT, tries=3, due=due,
    )  # fmt: skip


async def _fill(store: DomainStore) -> None:
    """Something of everything that a store can hold."""
    timers = [TimerWrite("k", f"n{n}", None, TimerRow(f"t{n}", due, '[["a","Yg=="]]', b"\xff")) for n, due in
              enumerate((AT, AT + timedelta(hours=1), FAR))]  # fmt: skip
    here = Changes(
        next=41,
        inbox={("s", "1"): '{"ok":1}', ("s", "2"): None},
        facts_read={("s", "1"): '{"prices":{"a":2}}'},
        states=[write("a", 3, body='{"n":"ğ"}'), write("heavy", 1, body=HEAVY)],
        facts=[FactWrite("prices", "a", 2, '{"cents":2}'), FactWrite("prices", "gone", 3, None)],
        outbox=[row("x", offset=3), OutboxRow("reply", "edge-1", None, "[]", None, RowId(-1, 2, 9))],
        park=[parked("k", "1", 4), parked("k", "2", 5), parked("other", "3", 6)],
        claims={("name", "x"): "a"},
        set_aside=[_aside("e1", 0, AT), _aside("e2", 1, None)],
        timers=timers,
        raised=5,
    )
    await commit(store, HERE, here)
    await commit(store, THERE, Changes(next=17, missed=Missed(9, "old code")))
    await store.open(THERE, 0)
    await store.begin_effects(HERE, 0, ["1", "2"])
    await store.end_effects(HERE, ["1"], [])
    due = await store.due_timers({HERE: 0}, 1)
    await store.timers_sent(due.timers)


async def _held(store: DomainStore) -> dict[str, Any]:
    """All that a store tells, without changing it."""
    looked = await store.look(
        [HERE, THERE], ids=[("s", "1"), ("s", "2"), ("s", "3")], keys=["a", "k", "other", "none"], parked=["k", "other"],
        facts=[("prices", "a"), ("prices", "gone")], claims=[("name", "x"), ("name", "y")], aside=["k"], named=["2"],
    )  # fmt: skip
    due = await store.due_timers({HERE: 0}, 10)
    return {
        "moment": looked,
        "heavy": await store.states(["heavy"]),
        "outbox": [await store.outbox(source) for source in (HERE, THERE)],
        "aside": await store.next_aside(HERE, 10),
        "waiting": await store.waiting([HERE, THERE]),
        "raised": [await store.raised(source) for source in (HERE, THERE)],
        "due": [(timer.key, timer.name, timer.row) for timer in due.timers],
    }


async def test_everything_goes_along(move: Move) -> None:
    await _fill(move.before)
    had = await _held(move.before)
    assert isinstance(had["moment"], Moment) and len(had["heavy"]) == 1 and len(had["due"]) == 1
    assert await move.provision() > 0
    after = await move.after()
    assert await _held(after) == had
    assert await after.begin_effects(HERE, 0, ["1", "2", "3"]) == {"2": True, "3": False}
    assert await after.again(THERE, 1, "new code") == (9, False)
    assert await after.open(HERE, 0) == had["moment"].floors[HERE]._replace(epoch=1)
    await commit(after, HERE, Changes(next=42, park=[parked("k", "4")]))
    assert [each.id for each in (await after.look([HERE], parked=["k"])).waiting] == ["1", "2", "4"], "numbers go on"
    assert not await after.sweep(timedelta(hours=1), 10) and (await after.look([HERE], ids=[("s", "1")])).known
    await after.sweep(-timedelta(hours=1), 10)
    assert not (await after.look([HERE], ids=[("s", "1")])).known, "with the time at which they were entered"


async def test_it_goes_once(move: Move) -> None:
    await commit(move.before, HERE, Changes(next=5))
    assert await move.provision() > 0
    after = await move.after()
    await commit(after, HERE, Changes(next=8))
    assert await move.provision() == 0
    assert (await after.look([HERE])).floors[HERE].next == 8


async def test_a_move_that_breaks_off_leaves_all_in_postgresql_and_opens_nothing(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(move.before)
    had = await _held(move.before)
    whole = taking_over.take_over

    async def breaks(url: str, domain: str, rows: Leaving) -> None:
        await whole(url, domain, rows)
        raise RuntimeError("killed")

    monkeypatch.setitem(technologies.STANDS_ON, move.domain, replace(MONGO, take_over=breaks))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError):
        await move.provision()
    after = await move.after()
    with pytest.raises(Unavailable, match=r"agents\.provision"):
        await after.open(HERE, 0)
    assert await _held(move.before) == had
    monkeypatch.setitem(technologies.STANDS_ON, move.domain, MONGO)  # type: ignore[arg-type]
    await commit(move.before, HERE, Changes(next=50))
    await move.provision()
    assert (await after.look([HERE])).floors[HERE].next == 50, "what came to PostgreSQL meanwhile"


async def test_agents_of_the_older_release_write_nothing_while_it_goes_and_find_nothing_after_it(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, whole, late = await move.before.look([HERE]), taking_over.take_over, list[Any]()

    async def slow(url: str, domain: str, rows: Leaving) -> None:
        late.append(asyncio.ensure_future(move.before.write(moment, {HERE: Changes(next=1)})))
        await whole(url, domain, rows)

    monkeypatch.setitem(technologies.STANDS_ON, move.domain, replace(MONGO, take_over=slow))  # type: ignore[arg-type]
    await move.provision()
    with pytest.raises(asyncpg.UndefinedTableError):
        await late[0]
    assert (await (await move.after()).look([HERE])).floors[HERE].next == 0


async def test_where_both_have_it_nobody_chooses(move: Move) -> None:
    await move.provision()
    await POSTGRES.provision(move.settings, move.settings.postgres, move.domain)
    with pytest.raises(BadSetting, match="which one is right"):
        await move.provision()


async def test_a_domain_that_was_never_in_postgresql_is_only_made(move: Move) -> None:
    admin = await asyncpg.connect(move.settings.postgres)
    await admin.execute(f"drop schema {move.domain} cascade")
    await admin.close()
    assert await move.provision() > 0
    assert (await (await move.after()).open(HERE, 3)).next == 3

"""A domain's store that moves from PostgreSQL to Redis answers every question as before, and nobody writes to the old one."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from infra.stack.stack import Stack
from stores.moving import move
from stores.postgres.leaving import Leaving, open_leaving
from stores.protocol import Changes, DomainStore, FactWrite, Floor, Missed, Source, TimerRow, TimerWrite
from stores.redis_authority.connections import Connections
from stores.redis_authority.making import Making
from stores.redis_authority.store import RedisStore
from tests.stores.contract.stage import HERE, THERE, commit, parked, postgres, row, write
from tests.stores.contract.test_set_aside import aside

MAIL = Source("counter.effect", "counter_events", 0)
BODY = '{"name":  "ğüşiöç 🍅",\n "total":1.50}'
NOW = datetime.now(UTC)


def timer(key: str, name: str, days: int) -> TimerWrite:
    return TimerWrite(key, name, None, TimerRow(f"{key} {name}", NOW + timedelta(days=days), "[]", b"\xff\x00"))


async def fill(store: DomainStore) -> None:
    await store.open(THERE, 4)
    await store.open(MAIL, 0)
    await store.open(HERE, 0)
    await commit(
        store, HERE,
        Changes(
            next=7, inbox={("s", "1"): '{"ok":1}', ("s", "2"): None}, facts_read={("s", "2"): '{"prices":{"a":2}}'},
            states=[write("a", 3, body=BODY), *(write(f"b{n}", 1) for n in range(450))],
            facts=[FactWrite("prices", "a", 2, '{"cents": 2}'), FactWrite("prices", "b", 3, None)],
            outbox=[row("x", n=2), row("y", "reply", n=1)], claims={("name", "x"): "a"}, raised=5,
            park=[parked("k", "1", 4), parked("other", "2", 5), parked("k", "3", 6)],
            timers=[timer("a", "late", 9), timer("a", "due", -1), timer("b1", "due", -2)],
        ),
    )  # fmt: skip
    await commit(store, THERE, Changes(next=5, missed=Missed(4, "old"), park=[parked("k", "4")], outbox=[row("there")]))
    await commit(store, MAIL, Changes(next=3, set_aside=[aside("e1", 0), aside("e2", 1, due=None, tries=0)]))
    await store.begin_effects(MAIL, 0, ["begun", "ended"])
    await store.end_effects(MAIL, ["ended"], [])


async def told(store: DomainStore) -> dict[str, Any]:
    """All that a store says, but for clocks and the numbers that it gives itself."""
    ids = [("s", "1"), ("s", "2"), ("s", "3")]
    keys = ["a", "none", *(f"b{n}" for n in range(450))]
    moment = await store.look(
        [HERE, THERE], ids=ids, keys=[*keys, "k", "other"], facts=[("prices", "a"), ("prices", "b")],
        claims=[("name", "x"), ("name", "y")], parked=["k", "other"], named=["3"],
    )  # fmt: skip
    due = await store.due_timers({source: floor.epoch for source, floor in moment.floors.items()}, 100)
    return {
        "moment": (
            moment.floors,
            moment.known,
            moment.states,
            moment.parked,
            moment.facts,
            moment.owners,
            moment.timers,
        ),
        "parked": [(each.key, each.id, each.offset, each.headers, each.body) for each in moment.waiting],
        "named": [(each.key, each.id) for each in moment.named],
        "mail": (await store.look([MAIL], aside=["k"])).aside,
        "aside": (await store.next_aside(MAIL, 10), await store.waiting([MAIL])),
        "outbox": [await store.outbox(source) for source in (HERE, THERE)],
        "sources": await store.outbox_sources(),
        "raised": [await store.raised(source) for source in (HERE, THERE)],
        "timers": [(each.key, each.name, each.topic, each.row) for each in due.timers],
        "effects": await store.begin_effects(MAIL, 0, ["begun", "ended"]),
        "missed": await store.again(THERE, 0, "old"),
    }


async def test_everything_moves_and_the_old_store_takes_nothing_any_more(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    connections = Connections(servers.endpoints.redis_baskets, size=1)
    making, new = Making(connections, domain), RedisStore(connections, domain)
    async with (
        postgres(servers.endpoints.postgres, domain) as old,
        open_leaving(servers.endpoints.postgres, domain) as leaving,
    ):
        await fill(old.one)
        before, late = await told(old.one), await old.other.look([HERE])
        assert await leaving.is_there()
        await leaving.fence()
        for again in (True, False):  # the first one was killed before its end
            await making.clear()
            await move(leaving, new, making.put_floors)
            assert again or not await making.is_whole()
        await making.finish({}, "moved")
        assert await told(new) == before
        for ask in (old.other.open(HERE, 0), old.other.write(late, {HERE: Changes(next=9)})):
            with pytest.raises(asyncpg.UndefinedTableError):
                await ask
        await leaving.drop()
        assert not await leaving.is_there()
    await making.clear()
    await connections.close()


async def test_the_incarnation_of_a_topic_and_the_epoch_move_too(servers: Stack) -> None:
    domain = f"t{uuid.uuid4().hex[:10]}"
    connections = Connections(servers.endpoints.redis_baskets, size=1)
    making, new = Making(connections, domain), RedisStore(connections, domain)
    async with postgres(servers.endpoints.postgres, domain) as old:
        await old.one.open(HERE, 17)
        admin = await asyncpg.connect(servers.endpoints.postgres, server_settings={"search_path": domain})
        await admin.execute("update floor set incarnation = 3, epoch = 8")
        leaving = Leaving(admin)
        await leaving.fence()
        await move(leaving, new, making.put_floors)
        await admin.close()
    assert await new.open(HERE, 0) == Floor(17, 3, 9)
    await making.clear()
    await connections.close()

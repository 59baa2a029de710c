"""A domain's store that moves from PostgreSQL to Redis answers every question as before, and nobody writes to the old one."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.errors import Lost
from stores.kafka.admin import make_topics
from stores.kafka.raw import RawRecord, open_raw
from stores.postgres.leaving import leaving
from stores.protocol import Changes, DomainStore, FactWrite, Floor, Missed, Source, TimerRow, TimerWrite
from stores.redis_authority.making import Making, open_making
from stores.redis_authority.provision import provision
from stores.redis_authority.store import open_store
from stores.redis_authority.taking_over import take_over
from stores.settings import BadSetting, load
from tests.stores.contract.stage import HERE, THERE, commit, parked, postgres, row, write
from tests.stores.contract.test_set_aside import aside
from topics.messages.topic import Topic

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


class Killed(Exception):
    """The process that moves ends before its end."""


@pytest_asyncio.fixture
async def there(servers: Stack) -> AsyncGenerator[Making]:
    """A domain that is not on Redis yet."""
    async with open_making(servers.endpoints.redis_baskets, f"t{uuid.uuid4().hex[:10]}") as making:
        yield making
        await making.clear()


async def test_everything_moves_and_the_old_store_takes_nothing_any_more(servers: Stack, there: Making) -> None:
    at, domain, settings = servers.endpoints, there.domain, load(servers.environment())
    new = await open_store(at.redis_baskets, domain)
    async with postgres(at.postgres, domain) as old:
        await fill(old.one)
        before, late = await told(old.one), await old.other.look([HERE])
        with pytest.raises(Killed):
            async with leaving(at.postgres, domain) as rows:
                assert rows is not None
                await take_over(at.redis_baskets, domain, rows)
                raise Killed
        assert await told(old.one) == before, "nothing has changed there"
        with pytest.raises(Lost):
            await new.open(HERE, 0)
        async with leaving(at.postgres, domain) as rows:
            assert rows is not None
            await take_over(at.redis_baskets, domain, rows)
            await rows.drop()
        for ask in (old.other.open(HERE, 0), old.other.write(late, {HERE: Changes(next=9)})):
            with pytest.raises(asyncpg.UndefinedTableError):
                await ask
        assert await provision(settings, at.redis_baskets, domain) == 1
        assert await told(new) == before
        assert await provision(settings, at.redis_baskets, domain) == 0
        async with leaving(at.postgres, domain) as rows:
            assert rows is None
    await new.close()


async def test_the_incarnation_of_a_topic_and_the_epoch_move_too(servers: Stack, there: Making) -> None:
    at, domain = servers.endpoints, there.domain
    async with postgres(at.postgres, domain) as old:
        await old.one.open(HERE, 17)
        admin = await asyncpg.connect(at.postgres, server_settings={"search_path": domain})
        await admin.execute("update floor set incarnation = 3, epoch = 8")
        await admin.close()
        async with leaving(at.postgres, domain) as rows:
            assert rows is not None
            await take_over(at.redis_baskets, domain, rows)
    await there.finish({}, "moved")
    new = await open_store(at.redis_baskets, domain)
    assert await new.open(HERE, 0) == Floor(17, 3, 9)
    await new.close()


async def test_a_store_that_is_whole_is_not_written_over(servers: Stack, there: Making) -> None:
    at, domain = servers.endpoints, there.domain
    await there.finish({HERE: Floor(3, 0, 0)}, "new")
    async with postgres(at.postgres, domain):
        with pytest.raises(BadSetting, match="which one is right"):
            async with leaving(at.postgres, domain) as rows:
                assert rows is not None
                await take_over(at.redis_baskets, domain, rows)
    new = await open_store(at.redis_baskets, domain)
    assert (await new.look([HERE])).floors == {HERE: Floor(3, 0, 0)}
    await new.close()


async def test_a_store_without_a_past_is_new_and_one_whose_topics_have_messages_is_lost(
    servers: Stack, there: Making
) -> None:
    at, domain, settings = servers.endpoints, there.domain, load(servers.environment())
    commands = Topic(name=f"{domain}_commands", messages=(), key="k", producers=(), consumers=(), partitions=2)
    await make_topics(settings.kafka, [commands])
    assert await provision(settings, at.redis_baskets, domain) == 1 and await there.is_whole()
    async with open_raw(settings.kafka) as producer:
        await producer.send(RawRecord(commands.name, b"k", [], b"{}"))
    await there.clear()
    assert await provision(settings, at.redis_baskets, domain) == 0 and not await there.is_whole()

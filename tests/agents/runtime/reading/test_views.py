"""Projections into Redis: each version once and in order, and from nothing again after a loss."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agents.runtime.reading.showing import Showing
from agents.runtime.reading.topic_views import TopicViews
from agents.runtime.transport.lease import Lease, Reopen
from stores.kafka.growth import Counts
from stores.protocol import Source
from stores.redis import tags
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import BAD_LUCK, Added
from tests.agents.runtime.world import World
from tests.deadline import until, within
from topics import keys
from topics.deciding.projection import PartOf, Shown, View
from topics.messages.event import EventMeta


class Sum(msgspec.Struct, frozen=True):
    applied: int
    sum: int


def _show(before: Sum | None, event: Added, meta: EventMeta) -> Shown[Sum]:
    if event.amount == BAD_LUCK:
        raise RuntimeError("13 brings bad luck")
    before = before or Sum(0, 0)
    return Shown(Sum(before.applied + 1, before.sum + event.amount))


class Shop:
    """A view in a Redis database of its own, so that it may be emptied, and projectors of it."""

    def __init__(self, world: World, redis: Redis, events: Any = None) -> None:
        self.world, self.redis = world, redis
        self.store, self.generations = ProjectionStore(redis), ViewGenerations(redis)
        topic = events or world.events
        self.view = View[Sum, Added](
            name=world.run, topic=topic, document=Sum, show=_show, indexes=lambda sum: {world.run: float(sum.sum)}
        )
        self.feed = Feed(topic)

    def projector(self, code: str = "tested") -> Showing:
        return self.projector_of(self.view, code=code)

    def projector_of(self, *views: View[Any, Any], code: str = "tested") -> Showing:
        replays = self.feed.replay
        return Showing(
            f"{self.world.run}.project",
            self.feed.topic,
            views,
            self.store,
            self.generations,
            self.world.publisher,
            replays,
            code,
        )

    def floor(self, lease: Lease, tag: str = "@1") -> str:
        return keys.floor(self.view.name, tag, *lease.source)

    async def opened(self, work: Showing, feed: Feed | None = None) -> Lease:
        lease = (feed or self.feed).lease(f"{self.world.run}.project")
        await work.open(lease, 0)
        return lease

    async def run(self, work: Showing, lease: Lease, first: int | None = None, end: int | None = None) -> None:
        batch = self.feed.batch(lease, first, end)
        await work.run(batch)
        lease.next = batch.next

    async def shown(self, key: str = "a") -> tuple[int, Sum] | None:
        """What readers see."""
        (value,) = await tags.read(self.redis, [keys.document(self.view.name, key)])
        if value is None:
            return None
        version, body = keys.split(value)
        return version, msgspec.json.decode(body, type=Sum)

    async def ready(self) -> bool:
        return await self.redis.exists(keys.view_ready(self.view.name)) == 1


@pytest_asyncio.fixture
async def shop(world: World) -> AsyncGenerator[Shop]:
    redis = connect(world.settings.redis.rpartition("/")[0] + "/9")
    await redis.flushdb()
    yield Shop(world, redis)
    await redis.aclose()


async def test_each_version_is_shown_once_and_in_order(shop: Shop):
    work = shop.projector()
    for version in (1, 2, 3):
        shop.feed.event("a", version, 10)
    lease = await shop.opened(work)
    await shop.run(work, lease)
    assert await shop.shown() == (3, Sum(3, 30))
    assert await shop.redis.zrange(
        keys.in_generation(keys.index(shop.view.name, shop.world.run), "@1"), 0, -1, withscores=True
    ) == [(b"a", 30.0)]


async def test_parts_of_a_document_come_and_go_each_on_its_own(shop: Shop):
    """The sum is 10, 20, … 50; its parts are its tens from the third last on."""

    def parts(sum: Sum) -> dict[PartOf, float]:
        tens = range(max(10, sum.sum - 20), sum.sum + 1, 10)
        return {PartOf(shop.world.run, keys.part("a", str(ten))): float(ten) for ten in tens}

    async def standing() -> list[str]:
        index = keys.in_generation(keys.index(shop.view.name, shop.world.run), "@1")
        return [keys.name_of_part(each.decode()) for each in await shop.redis.zrange(index, 0, -1)]

    shop.view = dataclasses.replace(shop.view, indexes=lambda sum: {}, parts=parts)
    work = shop.projector()
    lease = await shop.opened(work)
    for version, wanted in ((1, ["10"]), (2, ["10", "20"]), (5, ["30", "40", "50"])):
        for each in range(lease.next + 1, version + 1):
            shop.feed.event("a", each, 10)
        await shop.run(work, lease)
        assert await standing() == wanted


async def test_a_list_of_the_latest_has_each_document_once_by_its_last_batch_and_loses_what_stands_there_no_more(
    shop: Shop,
):
    """Those with a sum below 30 stand in it."""

    async def standing() -> list[bytes]:
        return await shop.redis.zrange(keys.in_generation(keys.index(shop.view.name, "latest"), "@1"), 0, -1)

    shop.view = dataclasses.replace(shop.view, latest=lambda sum: ("latest",) if sum.sum < 30 else ())
    work = shop.projector()
    lease = await shop.opened(work)
    for batch, wanted in (
        ((("a", 1), ("b", 1), ("a", 2)), [b"a", b"b"]),
        ((("c", 1), ("a", 3)), [b"b", b"c"]),
        ((("b", 2),), [b"c", b"b"]),
    ):
        for key, version in batch:
            shop.feed.event(key, version, 10)
        await shop.run(work, lease)
        assert await standing() == wanted


@pytest.mark.parametrize("live", [True, False])
async def test_followers_of_a_live_view_are_told_once_a_batch_what_has_changed(shop: Shop, live: bool):
    shop.view = dataclasses.replace(shop.view, live=live)
    async with shop.redis.pubsub() as listening:
        await listening.subscribe(keys.CHANGES)
        work = shop.projector()
        lease = await shop.opened(work)  # the log is empty: readers are switched to the view at once
        for key, version in (("a", 1), ("b", 1), ("a", 2)):
            shop.feed.event(key, version)
        await shop.run(work, lease)
        await shop.redis.publish(keys.CHANGES, "the last one")
        heard = list[bytes]()
        while b"the last one" not in heard:
            message = await within("a notice", listening.get_message(timeout=None))
            if message["type"] == "message":
                heard.append(message["data"])
    notices = [msgspec.json.decode(each) for each in heard[:-1]]
    told = [each for each in notices if each["view"] == shop.view.name]  # channels are those of all databases
    anything = {"view": shop.view.name, "ids": []}
    assert told == [anything, *([{"view": shop.view.name, "ids": ["a", "b"]}] if live else [])]


async def test_versions_that_were_seen_are_dropped_in_and_across_batches(shop: Shop):
    """What a zombie publishes late: the same ids, lower versions, at new offsets. The floor cannot help here."""
    work = shop.projector()
    for version in (1, 2, 1, 2, 3):
        shop.feed.event("a", version, 10)
    lease = await shop.opened(work)
    await shop.run(work, lease)
    for version in (2, 3, 4):
        shop.feed.event("a", version, 10)
    await shop.run(work, lease)
    assert await shop.shown() == (4, Sum(4, 40))
    assert await shop.world.published(shop.view.topic.dead_letters) == []


async def test_a_version_above_the_next_is_kept_for_other_code_and_everything_else_goes_on(shop: Shop):
    work = shop.projector()
    for key, version in (("a", 1), ("a", 3), ("b", 1), ("a", 2)):
        shop.feed.event(key, version)
    lease = await shop.opened(work)
    await shop.run(work, lease)
    assert await shop.shown("a") == (2, Sum(2, 2))
    assert await shop.shown("b") == (1, Sum(1, 1))
    assert "version gap: 1 was seen, 3 came" in lease.missed
    assert await shop.world.published(shop.view.topic.dead_letters) == []
    again = shop.projector("mended")
    lease = await shop.opened(again)
    assert lease.next == 1 and not lease.missed
    await shop.run(again, lease)
    assert await shop.shown("a") == (3, Sum(3, 3)), "version 2 is there now"


async def test_an_event_of_others_that_cannot_be_read_is_dead_lettered_and_its_neighbours_are_shown(shop: Shop):
    work = shop.projector()
    shop.feed.event("a", 1)
    shop.feed.event("b", 1, body=b"{", source="somebody")
    shop.feed.event("a", 2)
    lease = await shop.opened(work)
    await shop.run(work, lease)
    assert await shop.shown("a") == (2, Sum(2, 2))
    assert [record.body for record in await shop.world.published(shop.view.topic.dead_letters)] == [b"{"]


async def test_a_zombie_projector_changes_nothing(shop: Shop):
    for version in (1, 2, 3, 4):
        shop.feed.event("a", version)
    zombie, owner = shop.projector(), shop.projector()
    old, new = await shop.opened(zombie), await shop.opened(owner)
    await shop.run(owner, new)
    await shop.run(zombie, old, 0, 2)
    assert await shop.shown() == (4, Sum(4, 4))
    assert await shop.store.floors([shop.floor(new)]) == [4]


async def test_two_projectors_that_looked_at_the_same_floor_apply_once(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.feed.event("a", 1)
    zombie, owner = shop.projector(), shop.projector()
    old, new = await shop.opened(zombie), await shop.opened(owner)
    looked, go = asyncio.Event(), asyncio.Event()

    async def slow_bury(*_: object) -> None:  # between the look and the write
        looked.set()
        await go.wait()

    monkeypatch.setattr(zombie, "_bury", slow_bury)
    late = asyncio.create_task(zombie.run(shop.feed.batch(old, 0)))
    await looked.wait()
    await shop.run(owner, new)
    go.set()
    await late
    assert await shop.shown() == (1, Sum(1, 1))


async def test_an_emptied_redis_is_noticed_with_traffic_and_without_and_the_view_is_built_again(shop: Shop):
    work = shop.projector()
    for version in (1, 2):
        shop.feed.event("a", version)
    lease = await shop.opened(work)
    await shop.run(work, lease)
    assert await shop.ready()
    await shop.redis.flushdb()
    assert (await work.idle([lease])).keys() == {lease}
    shop.feed.event("a", 3)
    with pytest.raises(Reopen):
        await work.run(shop.feed.batch(lease))
    lease = await shop.opened(work)
    assert lease.next == 0 and not await shop.ready()
    await shop.run(work, lease, end=2)
    assert not await shop.ready(), "it is not where the log ended at the opening"
    await shop.run(work, lease)
    assert await shop.ready()
    assert await shop.shown() == (3, Sum(3, 3))


async def test_a_redis_emptied_between_the_look_and_the_write_gets_no_half_view(shop: Shop):
    work = shop.projector()
    for version in (1, 2):
        shop.feed.event("a", version)
    lease = await shop.opened(work)
    await shop.run(work, lease, end=1)
    (floor,) = await shop.store.floors([shop.floor(lease)])
    await shop.redis.flushdb()
    move = Move(shop.floor(lease), 1, 2, 0, ViewChanges(shop.view.name, "@1"))
    assert floor == 1 and not await shop.store.apply([move])
    assert await shop.redis.dbsize() == 0


async def test_a_redis_that_lost_its_last_second_reads_it_again_with_traffic_and_without(shop: Shop):
    work = shop.projector()
    for version in (1, 2):
        shop.feed.event("a", version)
    lease = await shop.opened(work)
    await shop.run(work, lease, end=1)
    saved = {
        key: await shop.redis.get(key)
        for key in [shop.floor(lease), keys.in_generation(keys.document(shop.view.name, "a"), "@1")]
    }
    await shop.run(work, lease)
    for key, value in saved.items():
        await shop.redis.set(key, value)
    assert (await work.idle([lease])).keys() == {lease}
    lease = await shop.opened(work)
    await shop.run(work, lease)
    assert await shop.shown() == (2, Sum(2, 2))


async def test_an_empty_topic_is_ready_at_once(shop: Shop):
    work = shop.projector()
    await shop.opened(work)
    assert await shop.ready()


async def test_a_kill_before_the_write_loses_nothing_and_one_after_it_repeats_nothing(shop: Shop):
    for version in (1, 2):
        shop.feed.event("a", version)
    work = shop.projector()
    lease = await shop.opened(work)
    batch = shop.feed.batch(lease)
    await work.run(batch)  # and the process dies before it is remembered as done
    again = shop.projector()
    lease = await shop.opened(again)
    assert lease.next == 2
    await again.run(shop.feed.batch(lease, 0))
    assert await shop.shown() == (2, Sum(2, 2))


async def test_an_event_that_its_view_raises_over_leaves_only_its_aggregate_behind(shop: Shop):
    work = shop.projector()
    lease = await shop.opened(work)
    for key, version, amount in (("a", 1, 1), ("a", 2, BAD_LUCK), ("b", 1, 2), ("a", 3, 4)):
        shop.feed.event(key, version, amount)
    await shop.run(work, lease)
    assert (await shop.shown("a"), await shop.shown("b")) == ((1, Sum(1, 1)), (1, Sum(1, 2)))
    assert "13 brings bad luck" in lease.missed
    assert await shop.world.published(shop.world.events.dead_letters) == []


async def test_a_view_that_begins_in_an_open_partition_without_events_is_ready(shop: Shop):
    other = dataclasses.replace(shop.view, name=f"{shop.world.run}-other")
    work = shop.projector_of(shop.view, other)
    lease = await shop.opened(work)
    await shop.redis.delete(*await shop.redis.keys(f"*{other.name}*"))
    known = (await shop.generations.read([other.name]))[other.name]
    assert await shop.generations.begin(known, other.form, lease.source.group, shop.feed.topic.name, 1)

    async def ready() -> bool:
        assert await work.idle([lease]) == {}, "the partition is not opened again"
        return await shop.redis.exists(keys.view_ready(other.name)) == 1

    await until("the other view to be ready", ready)


async def test_a_look_during_which_the_view_begins_sees_its_floor(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    asked, go, load = asyncio.Event(), asyncio.Event(), shop.store.load

    async def slow(*of: Any, **how: Any) -> Any:
        asked.set()
        await go.wait()
        return await load(*of, **how)

    group = f"{shop.world.run}.project"
    views = TopicViews(group, shop.feed.topic, (shop.view,), shop.store, shop.generations, Counts())
    source = Source(group, shop.feed.topic.name, 0)
    monkeypatch.setattr(shop.store, "load", slow)
    look = asyncio.create_task(views.look(source, ()))
    await asked.wait()
    monkeypatch.setattr(shop.store, "load", load)
    await views.ensure_floors(source, 0)
    go.set()
    assert (await look).floors == [0]

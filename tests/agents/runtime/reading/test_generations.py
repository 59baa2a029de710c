"""A view is built beside what stands of it, and readers are switched in one step: nothing they saw goes away."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents.provision import order
from agents.runtime import tending
from agents.runtime.reading import building
from agents.runtime.reading.showing import Showing
from agents.runtime.transport.lease import Lease
from stores.log_repeats import Counted
from stores.redis import generations as stored
from stores.redis import tags
from stores.redis.connection import connect
from stores.redis.generations import GenerationsRecord
from tests.agents.runtime.feed import Replayed
from tests.agents.runtime.reading.test_versions_of_code import newer
from tests.agents.runtime.reading.test_views import Shop, Sum
from tests.agents.runtime.tally import Added
from tests.agents.runtime.world import World
from tests.deadline import until, within
from topics import keys
from topics.deciding.projection import Shown, SideKey, View
from topics.messages.event import EventMeta

EVENTS = 30


class Product(msgspec.Struct, frozen=True):
    """Another form of Sum."""

    applied: int
    sum: int
    times_ten: int


def _show_product(before: Product | None, event: Added, meta: EventMeta) -> Shown[Product]:
    applied, sum = (before.applied, before.sum) if before else (0, 0)
    return Shown(Product(applied + 1, sum + event.amount, (sum + event.amount) * 10))


class Built(Shop):
    """With a log of some events, and the view complete."""

    def __init__(self, world: World) -> None:
        super().__init__(world, connect(world.settings.redis.rpartition("/")[0] + "/9"))
        self.versions: dict[str, int] = {}

    def says(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.versions[key] = self.versions.get(key, 0) + 1
            self.feed.event(key, self.versions[key])

    async def known(self, view: View[Any, Any] | None = None) -> GenerationsRecord:
        name = (view or self.view).name
        return (await self.generations.read([name]))[name]

    async def order(self) -> None:
        """As `./lezzet views rebuild` does."""
        known = await self.known()
        live = known.now.live
        assert live is not None
        assert await self.generations.begin(known, live.form, live.group, live.topic, live.partitions)

    async def switched_to(self, tag: str, work: Any, *leases: Lease) -> None:
        async def switched() -> bool:
            assert await work.idle(list(leases)) == {}, "the partition is not opened again"
            return await self.redis.get(keys.view_ready(self.view.name)) == tag.encode()

        await until(f"readers to use {tag}", switched)

    async def tended(self, work: Showing) -> bool:
        """One round of a process with this work. Returns whether two releases run."""
        return await tending.once(self.generations, [work.tending], Counted())

    async def ready_by_rounds(self, tag: bytes, *works: Showing) -> None:
        async def ready() -> bool:
            for work in works:
                await self.tended(work)
            return await self.redis.get(keys.view_ready(self.view.name)) == tag

        await until(f"readers to use {tag!r}", ready)

    async def key_names(self, tag: str) -> set[str]:
        return {name.decode() for name in await self.redis.keys(f"*:{self.view.name}{tag}*")}

    async def half_built(self, monkeypatch: pytest.MonkeyPatch) -> tuple[Showing, Lease, Callable[[], None]]:
        """The next generation is ordered and begun beside a view that shows all; what is built waits for the returned call."""
        work = self.projector()
        await self.run(work, await self.opened(work))
        go = self.reads_slowly(monkeypatch)
        work = self.projector()
        lease = await self.opened(work)
        await self.order()
        await work.idle([lease])
        return work, lease, go

    async def ordered(self, monkeypatch: pytest.MonkeyPatch, told: Callable[[int, int], None]) -> tuple[Showing, Lease]:
        """The next generation is ordered beside a view that shows all. told: of each read that it is built by, with the offset
        that it begins at and the most events that it may give."""
        work = self.projector()
        lease = await self.opened(work)
        await self.run(work, lease)
        await self.order()
        whole = Replayed.take

        async def take(reads: Replayed, first: int, most: int) -> Any:
            told(first, most)
            return await whole(reads, first, most)

        monkeypatch.setattr(Replayed, "take", take)
        return work, lease

    def reads_slowly(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """What is built waits for the returned call."""
        go, whole = asyncio.Event(), self.feed.replay

        @asynccontextmanager
        async def slow(topic: str, partition: int) -> AsyncGenerator[Replayed]:
            await go.wait()
            async with whole(topic, partition) as reads:
                yield reads

        monkeypatch.setattr(self.feed, "replay", slow)
        return go.set


@pytest_asyncio.fixture
async def built(world: World, long_lived: None) -> AsyncGenerator[Built]:
    made = Built(world)
    await made.redis.flushdb()
    for number in range(EVENTS):
        made.says("ab"[number % 2])
    yield made
    await made.redis.aclose()


async def test_a_view_whose_floors_were_removed_is_built_again_while_it_is_read(built: Built):
    """Old versions in its documents used to drop the events that came again."""
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    await built.redis.set("view:" + built.view.name + "@1:a", b"15\n" + msgspec.json.encode(Sum(0, 666)))
    await built.redis.delete(built.floor(lease))
    assert (await work.idle([lease])).keys() == {lease}
    lease = await built.opened(work)
    assert (lease.next, await built.shown()) == (0, (15, Sum(0, 666))), "readers have what stood until it is built"
    await built.run(work, lease)
    assert await built.shown() == (15, Sum(15, 15))


async def test_a_new_view_on_a_topic_that_was_read_before_is_ready_when_it_shows_everything(built: Built):
    """It used to begin at the floor of the other views, empty, and was called ready."""
    work = built.projector()
    await built.run(work, await built.opened(work))
    new = dataclasses.replace(built.view, name=f"{built.view.name}new", indexes=lambda sum: {})
    work = built.projector_of(built.view, new)
    lease = await built.opened(work)
    assert lease.next == EVENTS, "the other view goes on where it was"
    built.view = new
    assert not await built.ready()
    await built.switched_to("@1", work, lease)
    assert await built.shown() == (15, Sum(15, 15))
    built.says("a")
    await built.run(work, lease)
    assert await built.shown() == (16, Sum(16, 16))
    assert await built.world.published(built.view.topic.dead_letters) == []


async def test_a_rebuild_stands_beside_the_live_view_which_goes_on(built: Built, monkeypatch: pytest.MonkeyPatch):
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    go = built.reads_slowly(monkeypatch)
    work = built.projector()
    await built.opened(work)
    await built.order()
    assert await work.idle([lease]) == {}
    built.says("a", 3)
    await built.run(work, lease)
    assert await built.shown() == (18, Sum(18, 18)), "the live one is kept up to date meanwhile"
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@1"
    go()
    await built.switched_to("@2", work, lease)
    assert await built.shown() == (18, Sum(18, 18))
    built.says("a")
    await built.run(work, lease)
    assert await built.shown() == (19, Sum(19, 19))


async def test_no_reader_sees_less_than_before_while_events_come_and_generations_are_switched(
    built: Built, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(building, "MOST", 4)
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    seen, stop = [0], asyncio.Event()

    async def reader() -> None:
        while not stop.is_set():
            shown = await built.shown()
            assert shown is not None and shown[0] >= seen[-1] and shown[1].applied == shown[0], (
                f"{shown} after {seen[-1]}"
            )
            seen.append(shown[0])

    reading = asyncio.create_task(reader())
    for tag in ("@2", "@3", "@4"):
        await built.order()
        await work.idle([lease])
        while await built.redis.get(keys.view_ready(built.view.name)) != tag.encode():
            assert not reading.done()
            built.says("a")
            await within("a batch", built.run(work, lease))
    stop.set()
    await within("the reader", reading)
    assert (await built.shown()) == (built.versions["a"], Sum(built.versions["a"], built.versions["a"]))
    assert len(set(seen)) > 3, "the reader has seen it grow"


async def test_a_live_view_that_reads_again_what_it_missed_does_not_make_way_for_one_that_shows_less(
    built: Built, monkeypatch: pytest.MonkeyPatch
):
    """Its floor goes back, its documents do not: a generation beyond that floor used to be taken for complete."""
    built.feed.event("new", 1, type="Newer")  # at offset EVENTS
    built.says("a", 20)
    work = built.projector("old")
    lease = await built.opened(work)
    await built.run(work, lease)
    shown = await built.shown()
    built.reads_slowly(monkeypatch)
    await built.order()
    floor = keys.floor(built.view.name, "@2", *lease.source)
    await built.redis.set(floor, EVENTS + 1)  # it was built so far, by code that knows the event
    work = built.projector("new")
    lease = await built.opened(work)
    assert int(await built.redis.get(built.floor(lease)) or -1) == EVENTS, "the live one reads it again"
    await built.tended(work)
    assert (await built.redis.get(keys.view_ready(built.view.name)), await built.shown()) == (b"@1", shown)
    await built.redis.set(floor, len(built.feed.log))
    await built.tended(work)
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@2"


async def test_a_side_key_of_an_event_that_the_live_view_has_missed_is_written_by_the_one_that_knows_it(built: Built):
    """The live one is far beyond the event, so the one that is built used to leave out the keys that both write."""
    outside = f"outside:{built.view.name}:"

    def show(before: Any, event: Any, meta: EventMeta) -> Shown[Any]:
        return Shown(
            Sum(meta.version, 0), put=(SideKey(f"{outside}{meta.aggregate_id}{meta.version}", type(event).__name__),)
        )

    both = dataclasses.replace(built.view, show=show)
    knows = dataclasses.replace(both, topic=newer(built.view.topic), shape=2)
    built.feed.event("new", 1, type="Taken", body=b'{"amount": 3}')
    built.says("a")
    old = built.projector_of(both)
    await built.run(old, await built.opened(old))
    await built.redis.delete(f"{outside}a1")
    built.feed.topic = knows.topic
    assert await order(built.generations, {built.world.run: [knows]}) == [knows.name]
    work = built.projector_of(knows)
    lease = await built.opened(work)
    await built.run(work, lease)
    await built.ready_by_rounds(b"@2", work)
    assert await built.redis.get(f"{outside}new1") == b"Taken"
    assert await built.redis.get(f"{outside}a1") is None, "what the live one has written is not written again"


async def test_what_was_switched_from_is_removed_whole_and_nothing_else(built: Built, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stored, "_STEP", 1)
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    await built.order()
    await built.switched_to("@2", work, lease)
    known = await built.known()
    assert known.now.gone == ("@1",) and await built.generations.remove(known) == 0, (
        "reads that began before may use it"
    )
    assert await built.key_names("@1"), "it stands until they are over"
    await built.redis.delete(keys.grace(built.view.name))
    kept = await built.key_names("@2")
    assert await built.generations.remove(known) >= 3
    assert (await built.key_names("@1"), await built.key_names("@2")) == (set(), kept)
    assert (await built.known()).now.gone == ()


async def test_a_removal_that_was_killed_is_ended_by_the_next(built: Built):
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    await built.order()
    await built.switched_to("@2", work, lease)
    await built.redis.delete(keys.grace(built.view.name))
    await built.redis.set(keys.removing(built.view.name), "1", ex=30)  # and the remover dies here
    known = await built.known()
    assert await built.generations.remove(known) == 0
    assert await built.redis.ttl(keys.removing(built.view.name)) > 0, "another process may go on after that"
    await built.redis.delete(keys.removing(built.view.name))
    assert await built.generations.remove(known) > 0 and await built.key_names("@1") == set()


async def test_a_builder_that_was_killed_is_gone_on_with_from_its_floor(built: Built, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(building, "MOST", 4)
    taken = list[int]()

    def dies(first: int, most: int) -> None:
        taken.append(first)
        if len(taken) == 4:
            lease.end_now()

    work, lease = await built.ordered(monkeypatch, dies)
    await work.idle([lease])
    await until("it to die", lambda: _true(lease.closing.is_set()))
    again = built.projector()
    lease = await built.opened(again)
    assert lease.next == EVENTS
    await built.switched_to("@2", again, lease)
    assert taken[3:5] == [12, 16] or taken[3:5] == [12, 12], f"it goes on from its floor: {taken}"
    assert await built.shown() == (15, Sum(15, 15))


@pytest.mark.parametrize(("long", "expected"), [(-1.0, [8, 4, 2, 2, 2, 2]), (60.0, [8, 16])])
async def test_fewer_events_are_brought_up_at_once_while_they_take_long(
    built: Built, monkeypatch: pytest.MonkeyPatch, long: float, expected: list[int]
):
    """Redis answers nobody while they are written."""
    for name, value in {"FIRST": 8, "LEAST": 2, "MOST": 16, "LONG": long}.items():
        monkeypatch.setattr(building, name, value)
    asked = list[int]()
    work, lease = await built.ordered(monkeypatch, lambda first, most: asked.append(most))
    await built.switched_to("@2", work, lease)
    assert asked[: len(expected)] == expected
    assert await built.shown() == (15, Sum(15, 15))


async def _true(value: bool) -> bool:
    return value


async def test_a_generation_that_is_not_wanted_any_more_is_not_built_on(built: Built, monkeypatch: pytest.MonkeyPatch):
    work, lease, go = await built.half_built(monkeypatch)
    assert await built.generations.give_up(await built.known())
    go()
    built.says("a")
    await built.run(work, lease)
    await built.order()
    await built.switched_to("@3", work, lease)
    assert await built.shown() == (16, Sum(16, 16))
    assert not {name for name in await built.key_names("@2") if name.startswith(("view:", "index:"))}


async def test_another_form_is_ordered_once_and_built_beside(built: Built):
    old = built.projector()
    lease = await built.opened(old)
    await built.run(old, lease)
    other = View[Product, Added](name=built.view.name, topic=built.view.topic, document=Product, show=_show_product)
    assert await order(built.generations, {built.world.run: [other]}) == [other.name]
    assert await order(built.generations, {built.world.run: [other]}) == []
    work = built.projector_of(other)
    lease = await built.opened(work)
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@1", "readers have the old form until then"
    await built.run(work, lease)
    (value,) = await tags.read(built.redis, [keys.document(other.name, "a")])
    assert value == b'15\n{"applied":15,"sum":15,"times_ten":150}'


async def test_a_release_that_is_taken_back_gives_up_what_it_began(built: Built):
    work = built.projector()
    lease = await built.opened(work)
    await built.run(work, lease)
    group = lease.source.group.removesuffix(".project")
    other = dataclasses.replace(built.view, shape=2)
    assert await order(built.generations, {group: [other]}) == [other.name]
    assert await order(built.generations, {group: [built.view]}) == []
    known = await built.known()
    assert (known.now.next, known.now.gone) == (None, ("@2",))
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@1"


async def test_an_emptied_redis_in_the_middle_of_a_rebuild_is_built_again(
    built: Built, monkeypatch: pytest.MonkeyPatch
):
    work, lease, go = await built.half_built(monkeypatch)
    await built.redis.flushdb()
    assert (await work.idle([lease])).keys() == {lease}
    go()
    lease = await built.opened(work)
    assert lease.next == 0 and not await built.ready()
    await built.run(work, lease)
    assert await built.ready() and await built.shown() == (15, Sum(15, 15))


async def test_while_two_releases_run_each_keeps_its_generation_wherever_the_partition_is(built: Built):
    """The partition is the old release's: it keeps what is read, and the new one builds beside it without a lease."""
    old = built.projector()
    lease = await built.opened(old)
    await built.run(old, lease)
    other = dataclasses.replace(built.view, shape=2)
    new = built.projector_of(other)
    assert await order(built.generations, {built.world.run: [other]}) == [other.name]
    assert not await built.tended(old), "only one release runs"
    built.says("a")
    await built.run(old, lease)
    assert (await built.shown(), await built.redis.get(keys.view_ready(built.view.name))) == ((16, Sum(16, 16)), b"@1")
    assert await built.tended(new) and await built.tended(old)
    await built.ready_by_rounds(b"@2", new, old)
    built.says("a", 2)
    await built.run(old, lease)

    async def shows_both() -> bool:
        return await built.shown() == (18, Sum(18, 18))

    await until("the new release to go on with what is read, in a partition that it does not have", shows_both)
    moved = await built.opened(new)
    lease.end_now()
    await built.tended(new)
    built.says("a")
    await built.run(new, moved)
    assert await built.shown() == (19, Sum(19, 19))


async def test_the_old_release_keeps_what_is_read_in_a_partition_that_went_to_the_new_one(built: Built):
    old = built.projector()
    lease = await built.opened(old)
    await built.run(old, lease)
    other = dataclasses.replace(built.view, shape=2)
    new = built.projector_of(other)
    assert await order(built.generations, {built.world.run: [other]}) == [other.name]
    lease.end_now()
    await built.tended(new)
    built.says("a")
    await built.tended(old)  # it hears of the other release

    async def kept() -> bool:
        return await built.shown() == (16, Sum(16, 16))

    await until("the old release to follow the log", kept)
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@1"
    await built.ready_by_rounds(b"@2", new)


async def test_a_release_that_is_gone_leaves_its_views_to_the_one_that_runs(built: Built):
    """Nobody has provisioned the release that runs now, or Redis was emptied while both ran."""
    old = built.projector()
    lease = await built.opened(old)
    await built.run(old, lease)
    await built.tended(old)
    lease.end_now()
    other = dataclasses.replace(built.view, shape=2)
    new = built.projector_of(other)
    await built.tended(new)
    assert (await built.known()).now.next is None, "the old release has just run"
    await built.redis.zrem(keys.running(built.view.name), built.view.form)
    await built.tended(new)
    lease = await built.opened(new)
    await built.run(new, lease)
    assert await built.redis.get(keys.view_ready(built.view.name)) == b"@2"
    assert await built.shown() == (15, Sum(15, 15))

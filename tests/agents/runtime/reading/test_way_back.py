"""The generation that readers used before a switch is kept for a while, and can be gone back to: it is brought up first."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents.provision import order
from agents.runtime.reading.showing import Showing
from agents.runtime.transport.lease import Lease
from infra.audit.lag import view_floors
from stores.kafka.growth import Counts
from stores.redis.floors import ViewFloors
from stores.redis.generations import ViewGenerations, WayBack
from tests.agents.runtime.reading.test_generations import EVENTS, Built
from tests.agents.runtime.reading.test_versions_of_code import newer
from tests.agents.runtime.reading.test_views import Sum
from tests.agents.runtime.world import World
from tests.deadline import within
from topics import keys
from topics.deciding.projection import Shown

KEPT = 3600  # seconds


class Kept(Built):
    """A process that keeps the generation before a switch."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.generations = ViewGenerations(self.redis, KEPT)

    async def rebuilt(self) -> tuple[Showing, Lease]:
        """@2 is read, @1 is kept."""
        work = self.projector()
        lease = await self.opened(work)
        await self.run(work, lease)
        await self.order()
        await self.switched_to("@2", work, lease)
        return work, lease

    async def back(self) -> bool:
        """As `./lezzet views rebuild --back` does."""
        return await self.generations.back(await self.known())

    async def way_back(self) -> WayBack | None:
        return await self.generations.way_back(await self.known())

    async def time_is_over(self) -> None:
        assert 0 < await self.redis.ttl(keys.previous(self.view.name)) <= KEPT
        await self.redis.delete(keys.previous(self.view.name), keys.grace(self.view.name))


@pytest_asyncio.fixture
async def kept(world: World, long_lived: None) -> AsyncGenerator[Kept]:
    made = Kept(world)
    await made.redis.flushdb()
    for number in range(EVENTS):
        made.says("ab"[number % 2])
    yield made
    await made.redis.aclose()


async def test_what_came_since_is_shown_before_readers_are_switched_back(kept: Kept):
    work, lease = await kept.rebuilt()
    await kept.redis.set(
        f"view:{kept.view.name}@2:b", b"15\n" + msgspec.json.encode(Sum(0, 666))
    )  # the rebuild is wrong
    kept.says("a", 3)
    await kept.run(work, lease)
    found = await kept.way_back()
    assert found is not None and found[:2] == ("@1", 3) and 0 < found.seconds <= KEPT
    assert await kept.back() and not await kept.back(), "somebody was faster"
    assert await kept.redis.get(keys.view_ready(kept.view.name)) == b"@2", "readers have the other one until then"
    await kept.switched_to("@1", work, lease)
    assert (await kept.shown("a"), await kept.shown("b")) == ((18, Sum(18, 18)), (15, Sum(15, 15)))
    kept.says("b")
    await kept.run(work, lease)
    assert await kept.shown("b") == (16, Sum(16, 16))
    found = await kept.way_back()
    assert found is not None and found[:2] == ("@2", 1), "and there is a way back from the way back"


async def test_no_reader_sees_less_while_events_come_and_it_goes_to_and_fro(kept: Kept):
    work, lease = await kept.rebuilt()
    seen, stop = [0], asyncio.Event()

    async def reader() -> None:
        while not stop.is_set():
            shown = await kept.shown()
            assert shown is not None and shown[0] >= seen[-1] and shown[1].applied == shown[0], (
                f"{shown} after {seen[-1]}"
            )
            seen.append(shown[0])

    reading = asyncio.create_task(reader())
    for tag in (b"@1", b"@2", b"@1"):
        kept.says("a", 5)
        await kept.run(work, lease)
        assert await kept.back()
        await work.idle([lease])
        while await kept.redis.get(keys.view_ready(kept.view.name)) != tag:
            assert not reading.done()
            kept.says("a")
            await within("a batch", kept.run(work, lease))
    stop.set()
    await within("the reader", reading)
    assert (await kept.shown()) == (kept.versions["a"], Sum(kept.versions["a"], kept.versions["a"]))
    assert len(set(seen)) > 3, "the reader has seen it grow"


async def test_what_is_kept_is_not_written_and_never_becomes_live_by_itself(kept: Kept):
    work, lease = await kept.rebuilt()
    floor = await kept.redis.get(kept.floor(lease))
    kept.says("a", 3)
    await kept.run(work, lease)
    await kept.opened(kept.projector())  # a process begins
    for _ in range(3):
        await kept.tended(work)
    assert await kept.redis.get(keys.view_ready(kept.view.name)) == b"@2"
    assert await kept.redis.get(kept.floor(lease)) == floor
    assert await kept.redis.get(f"view:{kept.view.name}@1:a") == b"15\n" + msgspec.json.encode(Sum(15, 15))


async def test_it_is_removed_whole_when_its_time_is_over_and_not_before(kept: Kept):
    work, _ = await kept.rebuilt()
    await kept.redis.delete(keys.grace(kept.view.name))
    await kept.tended(work)
    assert (await kept.known()).now.gone == () and await kept.key_names("@1")
    await kept.time_is_over()
    left = await kept.key_names("@2")
    for _ in range(2):
        await kept.tended(work)
    assert ((await kept.known()).now.previous, await kept.way_back(), await kept.back()) == (None, None, False)
    assert (await kept.key_names("@1"), await kept.key_names("@2")) == (set(), left)


async def test_a_view_stands_twice_at_most(kept: Kept):
    work, lease = await kept.rebuilt()
    await kept.order()
    now = (await kept.known()).now
    assert (now.previous, now.gone, now.next and now.next.tag) == (None, ("@1",), "@3")
    assert await kept.redis.get(kept.floor(lease)) is None, "nobody writes into it any more"
    await kept.switched_to("@3", work, lease)
    now = (await kept.known()).now
    assert now.previous is not None and (now.previous.tag, now.gone) == ("@2", ("@1",))


async def test_where_nothing_is_to_be_kept_it_is_removed(kept: Kept):
    kept.generations = ViewGenerations(kept.redis, 0)
    await kept.rebuilt()
    assert ((await kept.known()).now.previous, (await kept.known()).now.gone) == (None, ("@1",))


async def test_what_it_has_missed_is_shown_by_the_code_that_goes_on_with_it(kept: Kept):
    """It would be switched to without the event, since its floor is beyond that."""

    def show(before: Any, event: Any, meta: Any) -> Shown[Any]:
        applied, sum = (before.applied, before.sum) if before else (0, 0)
        return Shown(Sum(applied + 1, sum + event.amount))

    both = dataclasses.replace(kept.view, show=show)
    kept.feed.event("new", 1, type="Taken", body=b'{"amount": 3}')
    old = kept.projector_of(both, code="old")
    lease = await kept.opened(old)
    await kept.run(old, lease)
    kept.view = both
    await kept.order()
    await kept.switched_to("@2", old, lease)
    lease.end_now()
    knows = dataclasses.replace(both, topic=newer(kept.view.topic))
    assert knows.form == both.form
    kept.feed.topic = knows.topic
    work = kept.projector_of(knows, code="new")
    lease = await kept.opened(work)
    await kept.run(work, lease, EVENTS)
    assert await kept.shown("new") == (1, Sum(1, 3))
    assert await kept.back()
    await kept.switched_to("@1", work, lease)
    assert await kept.shown("new") == (1, Sum(1, 3))


async def test_a_topic_that_is_another_log_by_now_has_no_way_back(kept: Kept):
    await kept.rebuilt()
    assert kept.view.name in await ViewFloors(kept.redis).restart(kept.view.topic.name)
    now = (await kept.known()).now
    assert (now.previous, now.gone) == (None, ("@1",)) and not await kept.back()
    work = kept.projector()
    lease = await kept.opened(work)
    await kept.run(work, lease)
    await kept.ready_by_rounds(b"@3", work)
    now = (await kept.known()).now
    assert (now.previous, now.gone) == (None, ("@1", "@2")), "nobody can bring up what has no floors"


async def test_what_rests_is_no_lag_to_the_audit(kept: Kept):
    work, lease = await kept.rebuilt()
    kept.says("a", 3)
    await kept.run(work, lease)
    floors = await view_floors(f"{kept.world.settings.redis.rpartition('/')[0]}/9")
    assert floors[lease.source] == EVENTS + 3


async def test_a_partition_that_the_topic_has_got_since_is_brought_up_too(kept: Kept, monkeypatch: pytest.MonkeyPatch):
    await kept.rebuilt()
    known = await kept.known()
    assert await kept.generations.widen(known, 2)
    assert await kept.generations.set_floor(await kept.known(), known.now.live, 1, 0)  # type: ignore[arg-type]
    assert await kept.back()
    known = await kept.known()
    assert known.now.next is not None and known.now.next.partitions == 2
    assert not await kept.generations.switch(known), "it has nothing of that partition"


async def test_a_release_that_is_taken_back_goes_on_with_what_it_has_left(kept: Kept):
    old = kept.projector()
    lease = await kept.opened(old)
    await kept.run(old, lease)
    other = dataclasses.replace(kept.view, shape=2)
    assert await order(kept.generations, {kept.world.run: [other]}, Counts()) == [other.name]
    new = kept.projector_of(other)
    lease = await kept.opened(new)
    await kept.run(new, lease)
    await kept.ready_by_rounds(b"@2", new)
    kept.says("a", 2)
    await kept.run(new, lease)
    lease.end_now()
    assert await order(kept.generations, {kept.world.run: [kept.view]}) == [kept.view.name]
    assert await order(kept.generations, {kept.world.run: [kept.view]}) == []
    known = await kept.known()
    assert known.now.next is not None and (known.now.next.tag, known.now.count) == ("@1", 2), "nothing is built anew"
    old = kept.projector()
    lease = await kept.opened(old)
    await kept.run(old, lease, EVENTS)
    await kept.ready_by_rounds(b"@1", old)
    assert await kept.shown() == (17, Sum(17, 17))


async def test_what_a_release_that_knows_of_no_way_back_has_left_is_removed_with_the_next(kept: Kept):
    work, lease = await kept.rebuilt()
    known = await kept.known()
    name = keys.generations(kept.view.name)
    await kept.redis.set(name, msgspec.json.encode(msgspec.structs.replace(known.now, previous=None)))
    await kept.order()
    await kept.switched_to("@3", work, lease)
    await kept.time_is_over()
    for _ in range(2):
        await kept.tended(work)
    assert (await kept.key_names("@1"), await kept.key_names("@2")) == (set(), set())
    assert await kept.shown() == (15, Sum(15, 15))

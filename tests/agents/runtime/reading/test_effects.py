"""Effects: something outside, once where nobody dies, and counted where it is repeated."""

import asyncio
from collections import Counter
from collections.abc import Iterable

import pytest

from agents.runtime import metrics
from agents.runtime.reading import performing
from agents.runtime.reading.effecting import Effecting
from agents.runtime.transport.lease import Lease
from stores.errors import Conflict, Doubt, Unavailable
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import Add, Added
from tests.agents.runtime.world import Process, World
from tests.deadline import until, within
from topics.deciding.decision import Send
from topics.messages.event import EventMeta


class Outbox(list[str]):
    """What went outside, by event id; and how it fails. marked: those that were told that an earlier try may have happened."""

    def __init__(self) -> None:
        self.marked: list[str] = []
        self.fails: dict[str, list[Exception]] = {}
        self.stops: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}

    def stop_after(self, id: str) -> tuple[asyncio.Event, asyncio.Event]:
        """Sent, and not yet back: (here, go)."""
        self.stops[id] = asyncio.Event(), asyncio.Event()
        return self.stops[id]


class Postman:
    """A process that performs effects of one feed."""

    def __init__(self, world: World, process: Process, feed: Feed, outside: Outbox, concurrency: int = 8) -> None:
        self.world, self.process, self.feed, self.outside = world, process, feed, outside
        self.group = f"{world.run}.effect"
        self.work = Effecting(feed.topic, "tests", Added, self._perform, process.store, process.drain, concurrency)

    async def _perform(self, event: Added, meta: EventMeta) -> Iterable[Send]:
        if self.outside.fails.get(meta.id):
            raise self.outside.fails[meta.id].pop(0)
        self.outside.append(meta.id)
        if meta.again:
            self.outside.marked.append(meta.id)
        if meta.id in self.outside.stops:
            here, go = self.outside.stops.pop(meta.id)
            here.set()
            await go.wait()
        return [Send(self.world.commands, meta.aggregate_id, Add(amount=event.amount))]

    async def opened(self) -> Lease:
        lease = self.feed.lease(self.group)
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease, first: int | None = None) -> None:
        batch = self.feed.batch(lease, first)
        self.process.store.first = batch.first
        async with asyncio.timeout(10):
            while True:
                try:
                    await self.work.run(batch)
                    break
                except Doubt:
                    await asyncio.sleep(0)
        lease.next = batch.next

    @property
    def repeated(self) -> float:
        return metrics.REPEATED.labels(self.group)._value.get()

    async def outcomes(self) -> Counter[str]:
        """Commands that came of the effects, by id: a repeat has the same id, and the inbox of the receiver drops it."""
        return Counter(dict(r.headers)["ce_id"].decode() for r in await self.world.published(self.world.commands.name))


async def postmen(world: World, count: int, concurrency: int = 8) -> tuple[list[Postman], Outbox]:
    feed, outside = Feed(world.events), Outbox()
    return [Postman(world, await world.process(), feed, outside, concurrency) for _ in range(count)], outside


async def test_every_event_has_one_effect_and_its_outcome_is_a_command(world: World):
    (postman,), outside = await postmen(world, 1, concurrency=2)
    for number in range(5):
        postman.feed.event(f"k{number}", 1)
    await postman.run(await postman.opened())
    assert sorted(outside) == [f"k{n} 1" for n in range(5)]
    assert len(await postman.outcomes()) == 5 and postman.repeated == 0


async def test_an_effect_that_has_ended_is_not_tried_again(world: World):
    (one, two), outside = await postmen(world, 2)
    one.feed.event("a", 1)
    lease = await one.opened()
    await one.run(lease)
    one.feed.event("a", 1)  # the row went out twice
    await one.run(lease)
    await two.run(await two.opened(), 0)
    assert outside == ["a 1"]


@pytest.mark.parametrize("concurrency", [1, 2, 8])
async def test_an_event_twice_in_one_batch_makes_one_effect(world: World, concurrency: int):
    """Side by side in one chunk, or in chunks one after the other."""
    (postman,), outside = await postmen(world, 1, concurrency)
    for key in ("a", "b", "a", "c", "b", "a"):
        postman.feed.event(key, 1)
    await postman.run(await postman.opened())
    assert sorted(outside) == ["a 1", "b 1", "c 1"] and postman.repeated == 0
    assert sorted((await postman.outcomes()).values()) == [1, 1, 1]


async def test_a_kill_between_sending_and_recording_repeats_once_and_is_counted(world: World):
    (first, second), outside = await postmen(world, 2)
    for key in ("a", "b"):
        first.feed.event(key, 1)
    here, _ = outside.stop_after("b 1")
    dying = asyncio.create_task(first.run(await first.opened()))
    await within("the effect to begin", here.wait())
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await second.run(await second.opened())
    assert Counter(outside) == {"a 1": 2, "b 1": 2} and second.repeated == 2, (
        "both were in flight, nothing was recorded"
    )
    assert sorted(outside.marked) == ["a 1", "b 1"], "the effects themselves know it, too"
    assert set((await second.outcomes()).values()) == {1}


async def test_what_is_remembered_of_effects_whose_partition_went_away_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(performing, "REMEMBERED", 3)
    (postman,), outside = await postmen(world, 1)
    for number in range(7):
        postman.feed.event(f"k{number}", 1)
        outside.fails[f"k{number} 1"] = [Unavailable("mail", "away")]
    with pytest.raises(Doubt):
        await postman.work.run(postman.feed.batch(await postman.opened()))
    assert len(postman.work._performing._tried) == 3
    await postman.run(await postman.opened())
    assert sorted(outside) == [f"k{n} 1" for n in range(7)] and not postman.work._performing._happened


async def test_a_zombie_with_an_older_epoch_sends_nothing(world: World):
    (zombie, owner), outside = await postmen(world, 2)
    zombie.feed.event("a", 1)
    old = await zombie.opened()
    await owner.opened()
    with pytest.raises(Conflict):
        await zombie.work.run(zombie.feed.batch(old))
    assert outside == []


async def test_a_zombie_that_ends_late_what_it_had_begun_makes_no_second_outcome(world: World):
    (zombie, owner), outside = await postmen(world, 2)
    zombie.feed.event("a", 1)
    here, go = outside.stop_after("a 1")
    asleep = asyncio.create_task(zombie.run(await zombie.opened()))
    await within("the effect to begin", here.wait())
    lease = await owner.opened()
    await owner.run(lease)
    assert outside == ["a 1", "a 1"] and owner.repeated == 1
    go.set()
    await asleep
    await owner.work.idle([lease])
    assert len(await owner.outcomes()) == 1, "its repeat has the same id"


async def test_a_server_that_is_away_is_waited_for_and_that_is_no_repetition(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["b 1"] = [Unavailable("SMTP", "away") for _ in range(3)]
    for key in ("a", "b", "c"):
        postman.feed.event(key, 1)
    await postman.run(await postman.opened())
    assert Counter(outside) == {"a 1": 1, "b 1": 1, "c 1": 1} and postman.repeated == 0
    assert outside.marked == ["b 1"], "its first try may have happened, as far as anybody knows"


async def test_an_effect_that_raises_is_dead_lettered_and_the_others_happen(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["b 1"] = [ValueError("no such address")]
    for key in ("a", "b", "c"):
        postman.feed.event(key, 1)
    postman.feed.event("d", 1, body=b"{", source="somebody")
    await postman.run(await postman.opened())
    assert sorted(outside) == ["a 1", "c 1"]
    dead = await world.published(postman.feed.topic.dead_letters)
    assert sorted(dict(r.headers)["dlq_offset"] for r in dead) == [b"1", b"3"]


@pytest.mark.parametrize("step", ["ending", "ended"])
async def test_a_store_that_is_away_after_the_sending_repeats_nothing_while_the_process_lives(world: World, step: str):
    """Before the record is made, or when only the answer to its COMMIT is lost."""
    (postman,), outside = await postmen(world, 1)
    postman.feed.event("a", 1)
    postman.process.gates.fail_at(step)
    await postman.run(await postman.opened())
    assert outside == ["a 1"] and postman.repeated == 0
    assert set((await postman.outcomes()).values()) == {1}


async def test_an_outcome_that_was_committed_and_not_sent_is_sent_by_the_next_owner(world: World):
    (first, second), outside = await postmen(world, 2)
    first.feed.event("a", 1)
    gate = first.process.gates.stop_at("before publish")
    dying = asyncio.create_task(first.run(await first.opened()))
    await gate.reached()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    lease = await second.opened()
    await second.run(lease)
    assert outside == ["a 1"]
    assert set((await second.outcomes()).values()) == {1}


async def test_an_effect_in_flight_when_its_partition_goes_and_comes_back_happens_once(world: World):
    (postman,), outside = await postmen(world, 1)
    for key in ("a", "b"):
        postman.feed.event(key, 1)
    here, go = outside.stop_after("b 1")
    old = await postman.opened()
    before = asyncio.create_task(postman.work.run(postman.feed.batch(old)))
    await within("the effect to begin", here.wait())
    old.end_now()
    after = asyncio.create_task(postman.run(await postman.opened(), 0))
    await until("the new batch to have begun", lambda: _begun_again(world))
    go.set()
    await asyncio.gather(before, after, return_exceptions=True)
    assert (sorted(outside), postman.repeated) == (["a 1", "b 1"], 0)
    assert len(await postman.outcomes()) == 2


async def _begun_again(world: World) -> bool:
    rows = await world.query("select 1 from effect e, floor f where e.consumer = $1 and f.consumer = $1 and f.epoch > 0"
        " and e.xmin::text::bigint > f.xmin::text::bigint and e.id = 'b 1'", f"{world.run}.effect")  # fmt: skip
    return bool(rows)

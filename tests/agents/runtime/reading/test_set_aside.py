"""Events whose effects cannot happen now though others can: they wait aside, in order, and none is lost or done twice."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.runtime import metrics
from agents.runtime.reading import aside, effecting
from agents.runtime.reading.aside import FIRST, LONGEST, GiveUp, NotNow, wait
from agents.runtime.transport.lease import Lease
from stores.errors import Conflict, Unavailable
from tests.agents.runtime.reading.test_effects import Outbox, Postman, postmen
from tests.agents.runtime.world import World
from tests.deadline import until
from topics.messages import headers
from topics.messages.message import Message

STEPS = ["begun", "ending", "ended", "before publish", "before write", "after write"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is due again as soon as somebody looks."""
    monkeypatch.setattr(aside, "FIRST", timedelta(0))


def full(times: int = 1, patience: timedelta = timedelta(days=1)) -> list[Exception]:
    return [NotNow("452 full", datetime.now(UTC) + patience) for _ in range(times)]


async def waiting(postman: Postman) -> list[str]:
    rows = await postman.world.query('select id from set_aside where consumer = $1 order by "offset"', postman.group)
    return [row["id"] for row in rows]


@contextmanager
def looking_at_nothing(postman: Postman) -> Generator[None]:
    """It does not look at what is due."""
    due = postman.work._due  # type: ignore[attr-defined]
    before, due.due_rows = due.due_rows, nothing  # type: ignore[method-assign]
    yield
    due.due_rows = before  # type: ignore[method-assign]


async def nothing(*_: Any) -> Sequence[Any]:
    return ()


async def tended(postman: Postman, lease: Lease) -> None:
    """The idle work, until nothing is aside."""

    async def nothing_waits() -> bool:
        await postman.work.idle([lease])
        return not await waiting(postman)

    await until("nothing to be set aside any more", nothing_waits)


async def dead(postman: Postman) -> Sequence[Any]:
    return await postman.world.published(postman.feed.topic.dead_letters)


async def test_it_is_set_aside_the_others_happen_and_it_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(aside, "FIRST", timedelta(hours=1))
    (postman,), outside = await postmen(world, 1)
    outside.fails["b 1"] = full()
    for key in ("a", "b", "c"):
        postman.feed.event(key, 1)
    lease = await postman.opened()
    await postman.run(lease)
    assert sorted(outside) == ["a 1", "c 1"] and await waiting(postman) == ["b 1"]
    (row,) = await world.query("select next from floor where consumer = $1", postman.group)
    assert row["next"] == 3, "the floor has moved past it"
    await postman.work.idle([lease])
    assert "b 1" not in outside, "it is not due yet"
    await world.query(
        "update set_aside set due = clock_timestamp() - interval '1 s' where consumer = $1", postman.group
    )
    await tended(postman, await postman.opened())
    assert outside[-1] == "b 1" and postman.repeated == 0
    assert set((await postman.outcomes()).values()) == {1} and len(await postman.outcomes()) == 3


async def test_effects_of_a_key_happen_in_order_one_at_a_time(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full(3)
    outside.fails["a 2"] = full(2)
    lease = await postman.opened()
    with looking_at_nothing(postman):
        for version in (1, 2):
            postman.feed.event("a", version)
        await postman.run(lease)
        for version in (3, 4):
            postman.feed.event("a", version)
        postman.feed.event("b", 1)
        await postman.run(lease)
    assert outside == ["b 1"]
    await tended(postman, lease)
    assert outside == ["b 1", "a 1", "a 2", "a 3", "a 4"]


async def test_events_without_an_effect_do_not_wait(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    postman.work._of = Other  # type: ignore[attr-defined]
    postman.feed.event("a", 1)
    lease = await postman.opened()
    await postman.run(lease)
    assert (lease.next, outside, await waiting(postman)) == (1, [], [])


class Other(Message, frozen=True):
    pass


async def test_what_comes_twice_while_it_waits_happens_once(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    lease = await postman.opened()
    for _ in range(2):
        postman.feed.event("a", 1)
        await postman.run(lease)
    await tended(postman, lease)
    assert outside == ["a 1"] and set((await postman.outcomes()).values()) == {1}


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_while_it_is_set_aside_loses_nothing(world: World, step: str):
    (first, second), outside = await postmen(world, 2)
    outside.fails["a 1"] = full()
    for key in ("a", "b"):
        first.feed.event(key, 1)
    first.feed.event("a", 2)
    await killed_at(first, step, first.run(await first.opened()))
    lease = await second.opened()
    await second.run(lease, 0)
    await tended(second, lease)
    everything_happened(outside, second, in_flight="b 1" if step in ("begun", "ending") else None)
    assert len(await second.outcomes()) == 3, "one an event; one that is told twice has one id"


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_while_it_is_tried_again_loses_nothing(world: World, step: str):
    (first, second), outside = await postmen(world, 2)
    outside.fails["a 1"] = full()
    for key in ("a", "b"):
        first.feed.event(key, 1)
    first.feed.event("a", 2)
    lease = await first.opened()
    with looking_at_nothing(first):
        await first.run(lease)
    await killed_at(first, step, first.work.idle([lease]))
    await tended(second, await second.opened())
    everything_happened(outside, second, in_flight="a 1" if step in ("begun", "ending") else None)
    assert len(await second.outcomes()) == 3


async def killed_at(postman: Postman, step: str, working: Any) -> None:
    gate = postman.process.gates.stop_at(step)
    dying = asyncio.ensure_future(working)
    await gate.reached()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)


def everything_happened(outside: Outbox, postman: Postman, in_flight: str | None) -> None:
    """Once each; in_flight: what may have happened twice."""
    assert set(outside) == {"a 1", "b 1", "a 2"}
    twice = {id for id in outside if outside.count(id) > 1}
    assert twice <= {in_flight} and all(outside.count(id) <= 2 for id in twice)
    assert outside.index("a 1") < outside.index("a 2")


async def test_who_has_lost_its_partition_tries_nothing_and_takes_nothing_back(world: World):
    (zombie, owner), outside = await postmen(world, 2)
    outside.fails["a 1"] = full()
    zombie.feed.event("a", 1)
    old = await zombie.opened()
    with looking_at_nothing(zombie):
        await zombie.run(old)
    lease = await owner.opened()
    rows = await owner.process.store.next_aside(lease.source, 8)
    with pytest.raises(Conflict):
        await zombie.work._try_again(old, rows)  # type: ignore[attr-defined]
    assert outside == [] and await waiting(zombie) == ["a 1"]
    await tended(owner, lease)
    assert outside == ["a 1"] and owner.repeated == 0


async def test_a_server_that_is_away_holds_the_partition_and_what_failed_before_is_not_tried_meanwhile(world: World):
    (postman,), outside = await postmen(world, 1, concurrency=1)
    outside.fails["a 1"] = full(2)
    outside.fails["b 1"] = [Unavailable("SMTP", "away") for _ in range(5)]
    for key in ("a", "b"):
        postman.feed.event(key, 1)
    with looking_at_nothing(postman):
        await postman.run(await postman.opened())
    assert len(outside.fails["a 1"]) == 1, "tried once, though its batch was tried six times"
    assert outside == ["b 1"] and await waiting(postman) == ["a 1"] and postman.repeated == 0


async def test_what_is_due_while_the_server_is_away_waits_on(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = [*full(), Unavailable("SMTP", "away")]
    postman.feed.event("a", 1)
    lease = await postman.opened()
    await postman.run(lease)  # its own look at what is due meets the server away, and does not hold the batch
    assert lease.next == 1 and await waiting(postman) == ["a 1"]


async def test_what_is_due_and_slow_rests_between_batches_and_goes_on_when_nothing_new_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(effecting, "_MOMENT", 1e-6)
    monkeypatch.setattr(effecting, "_REST", 1e9)
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    lease = await postman.opened()
    postman.feed.event("b", 1)
    await postman.run(lease)  # it looks at what is due, which takes longer than a moment
    postman.feed.event("a", 1)
    await postman.run(lease)
    assert outside == ["b 1"] and await waiting(postman) == ["a 1"]
    monkeypatch.setattr(effecting, "_MOMENT", 1e9)
    await tended(postman, lease)
    assert outside == ["b 1", "a 1"]


async def test_it_is_given_up_when_its_effect_wants_it_no_longer(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full(2, patience=timedelta(days=1)) + full(1, patience=timedelta(0))
    postman.feed.event("a", 1)
    postman.feed.event("a", 2)
    lease = await postman.opened()
    given_up = metrics.GIVEN_UP.labels(postman.group)._value.get()
    await postman.run(lease)
    await tended(postman, lease)
    (letter,) = await dead(postman)
    about = dict(letter.headers)
    assert letter.body == postman.feed.log[0].value and letter.key == b"a" and about[headers.ID] == b"a 1"
    assert about["dlq_reason"].startswith(b"given up: 452 full (tried 3 times since ")
    assert metrics.GIVEN_UP.labels(postman.group)._value.get() == given_up + 1
    assert outside == ["a 2"], "what waited behind it goes on"


@pytest.mark.parametrize("error", [GiveUp("too late"), NotNow("452", datetime(2026, 1, 1, tzinfo=UTC))])
async def test_what_has_no_time_left_is_given_up_at_once(world: World, error: Exception):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = [error]
    postman.feed.event("a", 1)
    await postman.run(await postman.opened())
    assert len(await dead(postman)) == 1 and await waiting(postman) == [] and outside == []


async def test_an_event_that_the_code_of_now_cannot_read_is_a_dead_letter(world: World):
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    for key in ("a", "b"):
        postman.feed.event(key, 1)
    with looking_at_nothing(postman):
        await postman.run(await postman.opened())
    spoilt = "update set_aside set body = '{'::bytea, source = 'somebody' where consumer = $1"
    await world.query(spoilt, postman.group)
    (other,) = (await postmen(world, 1))[0]
    other.feed = postman.feed
    await tended(other, await other.opened())
    assert len(await dead(postman)) == 1 and outside == ["b 1"]


async def test_nothing_is_asked_of_the_store_until_something_is_due(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(aside, "FIRST", timedelta(hours=1))
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    postman.feed.event("a", 1)
    lease = await postman.opened()
    await postman.run(lease)
    await postman.work.idle([lease])
    asked = list[str]()
    for name in ("look", "next_aside", "waiting", "begin_effects"):
        monkeypatch.setattr(postman.process.store, name, lambda *_, name=name, **__: asked.append(name), raising=False)
    for _ in range(5):
        await postman.work.idle([lease])
    assert asked == []


async def test_how_many_wait_and_how_long_is_measured(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(aside, "FIRST", timedelta(hours=1))
    (postman,), outside = await postmen(world, 1)
    outside.fails["a 1"] = full()
    for version in (1, 2):
        postman.feed.event("a", version)
    lease = await postman.opened()
    await postman.run(lease)
    await postman.work.open(lease, 0)
    await postman.work.idle([lease])
    labels = {"group": postman.group, "topic": postman.feed.topic.name}
    assert sample("lezzet_effects_waiting", labels) == 2
    assert 0 < sample("lezzet_effects_waiting_seconds", labels) < 60
    lease.end_now()
    assert sample("lezzet_effects_waiting", labels) == 0, "they are another process' to count"


def sample(name: str, labels: dict[str, str]) -> float:
    gauge = metrics.WAITING if name == "lezzet_effects_waiting" else metrics.OLDEST
    return next(s.value for family in gauge.collect() for s in family.samples if s.labels == labels)


def test_waits_double_up_to_a_bound_and_differ_by_event(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    for tries in range(1, 1000):
        longest = min(FIRST * 2 ** min(tries - 1, 20), LONGEST)
        assert longest / 2 <= wait("e", tries) <= longest
        assert wait("e", tries) == wait("e", tries), "every process finds the same"
    assert len({wait(f"e{n}", 20) for n in range(100)}) > 90

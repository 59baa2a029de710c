"""What a process lacks until it is ready: in words, and the views that no reader can use yet by their names."""

from collections.abc import AsyncGenerator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from agents.runtime import readiness
from agents.runtime.readiness import READY_LAG, Readiness, unready_views
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from tests.agents.runtime.reading.test_views import Shop
from tests.agents.runtime.world import World


@pytest_asyncio.fixture
async def shop(world: World) -> AsyncGenerator[Shop]:
    redis = connect(world.settings.redis.rpartition("/")[0] + "/9")
    await redis.flushdb()
    yield Shop(world, redis)
    await redis.aclose()


def group(**said: Any) -> Any:
    """One of which nothing is wrong, but for what is said."""
    told: dict[str, Callable[[], Any]] = {
        "lag": lambda: 0,
        "held_back": list,
        "stopped": dict,
        "behind": dict,
        "since": dict,
    }
    told |= {name: lambda value=value: value for name, value in said.items() if name in told}
    plain = {"name": "tally.decide", "settled": True, "awaited": True}
    return SimpleNamespace(**told, **plain | {name: value for name, value in said.items() if name in plain})


def of(*groups: Any, started: bool = True) -> Any:
    return SimpleNamespace(started=started, groups=groups)


@pytest.mark.parametrize(
    ("process", "stands", "comes"),
    [
        (of(), [], []),
        (of(group()), [], []),
        (of(group(), started=False), [], ["the start of its groups"]),
        (of(group(settled=False)), [], ["partitions of tally.decide"]),
        (of(group(held_back=["tally:3"])), ["tally:3 of tally.decide, whose commands raise"], []),
        (
            of(group(settled=False, stopped={"tally:3": "newer code"}), group(name="tally.project", settled=False)),
            ["tally:3 of tally.decide, which stands still: newer code"],
            ["partitions of tally.project"],
        ),
        (of(group(lag=READY_LAG), group(lag=1, name="tally.project")), [], [f"{READY_LAG + 1} messages"]),
        (of(group(settled=False, lag=2 * READY_LAG, awaited=False)), [], []),
    ],
)
async def test_what_is_missing_is_named_and_whether_it_comes_by_waiting(
    process: Any, stands: list[str], comes: list[str]
):
    found = await Readiness(process).look()
    assert (found.ready, found.lacks, found.stands) == (not stands + comes, stands + comes, stands)


async def test_a_view_is_named_until_readers_can_use_it_and_again_when_redis_has_lost_it(shop: Shop):
    work = shop.projector()
    ready = Readiness(of(group()), (), unready_views(shop.generations, [work.tending]))
    assert (await ready.look()).views == [shop.view.name], "nothing has begun"
    shop.feed.event("a", 1, 10)
    lease = await shop.opened(work)
    found = await ready.look()
    assert (found.ready, found.lacks) == (False, [f"view {shop.view.name}"]), "it has begun, and shows nothing"
    await shop.run(work, lease)
    assert (await ready.look()).ready
    await shop.redis.flushdb()
    assert (await ready.look()).views == [shop.view.name]


async def test_where_redis_does_not_tell_all_views_are_named(shop: Shop):
    nobody = ViewGenerations(connect("redis://127.0.0.1:1/0"))
    found = await Readiness(of(group()), (), unready_views(nobody, [shop.projector().tending])).look()
    assert found.views == [shop.view.name]


async def test_the_log_says_what_a_start_waits_for_and_when_it_is_over(monkeypatch: pytest.MonkeyPatch):
    waits = iter([["basket"], ["basket"], ["basket"], []])
    monkeypatch.setattr(readiness, "_LOOK", 0.0)
    monkeypatch.setattr(readiness, "Drags", lambda: SimpleNamespace(due=iter((0, 10, 0)).__next__))

    async def unready() -> list[str]:
        return next(waits)

    with capture_logs() as said:
        await Readiness(of(group()), (), unready).tell()
    assert [(line["event"], line.get("lacks")) for line in said] == [
        ("agents_not_ready", ["view basket"]),
        ("agents_ready", None),
    ]

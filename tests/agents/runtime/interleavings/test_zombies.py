"""A process was stopped, another took its partition, and then the first wakes up and goes on where it was."""

import asyncio

import pytest

from stores.postgres import store
from tests.agents.runtime.interleavings.audit import audit, effects
from tests.agents.runtime.interleavings.barriers import Point
from tests.agents.runtime.interleavings.counting import Add
from tests.agents.runtime.interleavings.scene import Scene, Script, until


def three(scene: Scene) -> Script:
    log = scene.script()
    for number in (1, 2, 3):
        log.add("a", Add(amount=number), f"c{number}")
    return log


@pytest.mark.parametrize("inbox", [True, False], ids=["", "even-without-an-inbox"])
async def test_a_zombie_that_wakes_before_its_transaction_skips_what_was_done(scene: Scene, inbox: bool) -> None:
    log, sleeper, heir = three(scene), await scene.owner(inbox=inbox), await scene.owner(inbox=inbox)
    old = await sleeper.open()
    stop = sleeper.barriers.stop_at("lock")
    asleep = sleeper.start(log.batch(old))
    await stop.reached()
    lease = await heir.open()
    await heir.run(log.batch(lease))
    stop.go_on()
    await asleep
    await audit(scene, heir, lease, a=["c1", "c2", "c3"])


async def test_a_zombie_inside_its_transaction_is_ended_by_the_server(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, heir = three(scene), await scene.owner()
    monkeypatch.setitem(store._SESSION, "idle_in_transaction_session_timeout", "200")
    sleeper = await scene.owner()
    old = await sleeper.open()
    stop = sleeper.barriers.stop_at("decided")
    asleep = sleeper.start(log.batch(old))
    await stop.reached()
    lease = await heir.open()
    await heir.run(log.batch(lease))
    stop.go_on()
    await asleep
    await audit(scene, heir, lease, a=["c1", "c2", "c3"])


WHERE: list[Point] = ["committed", "publishing", "published"]


@pytest.mark.parametrize("where", WHERE)
async def test_a_zombie_that_wakes_after_its_commit_publishes_nothing_but_repeats(scene: Scene, where: Point) -> None:
    log, sleeper, heir = three(scene), await scene.owner(), await scene.owner()
    old = await sleeper.open()
    stop = sleeper.barriers.stop_at(where)
    asleep = sleeper.start(log.batch(old))
    await stop.reached()
    lease = await heir.open()
    assert lease.next == log.end, "the floor says that the batch is done"
    log.add("a", Add(amount=4), "c4")
    await heir.run(log.batch(lease))
    assert effects(await scene.events()) == {"a": ["c1", "c2", "c3", "c4"]}, "the heir sends what the sleeper left"
    stop.go_on()
    await asleep
    await audit(scene, heir, lease, a=["c1", "c2", "c3", "c4"])


async def test_a_zombie_that_commits_after_the_partition_was_opened_leaves_rows_that_the_owner_sends(
    scene: Scene,
) -> None:
    log, sleeper, heir = three(scene), await scene.owner(), await scene.owner()
    old = await sleeper.open()
    stop = sleeper.barriers.stop_at("lock")
    asleep = sleeper.start(log.batch(old))
    await stop.reached()
    lease = await heir.open()
    stop_again = sleeper.barriers.stop_at("publishing")
    stop.go_on()
    await stop_again.reached()  # committed under the nose of the new owner, and asleep again
    log.add("a", Add(amount=4), "c4")
    await heir.run(log.batch(lease))
    assert effects(await scene.events()) == {"a": ["c1", "c2", "c3", "c4"]}
    stop_again.go_on()
    await asleep
    await audit(scene, heir, lease, a=["c1", "c2", "c3", "c4"])


async def test_a_quiet_partition_finds_what_a_zombie_committed_meanwhile(scene: Scene) -> None:
    log, sleeper, heir = three(scene), await scene.owner(), await scene.owner()
    old = await sleeper.open()
    stop = sleeper.barriers.stop_at("lock")
    asleep = sleeper.start(log.batch(old))
    await stop.reached()
    lease = await heir.open()
    sleeper.barriers.stop_at("publishing")
    stop.go_on()

    async def committed() -> bool:
        return len(await scene.rows("select seq from outbox")) == 3

    await until("the zombie commits", committed)
    await heir.settle(lease)
    assert effects(await scene.events()) == {"a": ["c1", "c2", "c3"]}
    await sleeper.die(asleep)


async def test_two_owners_with_batches_that_overlap_do_each_command_once(scene: Scene) -> None:
    log, one, other = three(scene), await scene.owner(), await scene.owner()
    old, lease = await one.open(), await other.open()
    stops = [owner.barriers.stop_at("lock") for owner in (one, other)]
    running = [one.start(log.batch(old, 0, 2)), other.start(log.batch(lease, 0, 3))]
    for stop in stops:
        await stop.reached()
    for stop in stops:
        stop.go_on()
    await asyncio.gather(*running)
    await audit(scene, other, lease, a=["c1", "c2", "c3"])

"""Effects whose partition a rebalance took and gave back, and outcomes that did not get out at the first try."""

import asyncio

import pytest

from stores.errors import Unavailable
from stores.protocol import OutboxRow, Source
from tests.agents.runtime.reading.test_effects import postmen
from tests.agents.runtime.world import World
from tests.deadline import until, within


async def test_an_effect_that_ends_while_the_new_lease_begins_happens_once(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    (postman,), outside = await postmen(world, 1)
    store, look, looks = postman.process.store, asyncio.Event(), list[Source]()
    for key in ("a", "b"):
        postman.feed.event(key, 1)
    # "a" happens and is recorded, the answer to that COMMIT is lost; "b" meets a server that is away.
    outside.fails["b 1"] = [Unavailable("SMTP", "away")]
    postman.process.gates.fail_at("ended")
    here, go = outside.stop_after("b 1")
    old = asyncio.create_task(postman.run(await postman.opened()))
    await within("the second try of b", here.wait())
    lease = await postman.opened()
    outbox = store.outbox

    async def slowly(source: Source) -> list[OutboxRow]:
        looks.append(source)
        await look.wait()
        return await outbox(source)

    monkeypatch.setattr(store, "outbox", slowly)
    begun = postman.process.gates.stop_at("begun")
    new = asyncio.create_task(postman.run(lease))
    await begun.reached()
    begun.open()
    for _ in range(10):  # as far as it comes without an answer from anywhere
        await asyncio.sleep(0)
    before = len(looks)
    go.set()

    async def recorded() -> bool:
        rows = await world.query("select count(*) as n from effect where consumer = $1 and done", postman.group)
        return rows[0]["n"] == 2 and ("b 1" not in postman.work._performing._happened or len(looks) > before)  # type: ignore[attr-defined]

    await until("the old batch to record b", recorded)
    look.set()
    await asyncio.gather(old, new)
    assert sorted(outside) == ["a 1", "b 1"], "nobody died"


@pytest.mark.parametrize("raises", [False, True])
async def test_what_an_effect_led_to_and_did_not_get_out_goes_with_the_next_try(world: World, raises: bool):
    """Not when the partition is idle: one with steady traffic never is."""
    (postman,), outside = await postmen(world, 1)
    postman.feed.event("a", 1)
    outside.fails["a 1"] = [RuntimeError("no")] if raises else []
    postman.process.gates.fail_at("before publish", Unavailable("Kafka", "away"))
    await postman.run(await postman.opened())
    assert len(await world.published(world.events.dead_letters if raises else world.commands.name)) == 1

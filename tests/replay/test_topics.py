"""`./lezzet topics` and `topics reset`."""

import json

from stores.protocol import Source
from stores.redis_authority.store import open_store
from stores.technologies import REDIS
from tests.replay.scene import Desk, record
from topics.messages import ids

TOPIC = "catalog_events"


async def test_lists_contracts_sizes_and_lags(desk: Desk) -> None:
    await desk.publish(record("order_events", ids.fresh(), b"{}"))
    code, out = await desk.run("topics", "list", "--json")
    row = next(row for row in json.loads(out) if row["topic"] == "order_events")
    assert code == 0 and row["partitions"] == 4 and row["retention"] == "for ever" and row["messages"] >= 1
    assert row["producers"] == ["order"] and "notification" in row["consumers"]
    _, out = await desk.run("topics")
    assert "order_events" in out and "order → order, notification" in out


async def test_reset_begins_a_new_incarnation_for_every_reader_and_builds_views_again(desk: Desk) -> None:
    settings = desk.tools.settings
    facts, view = Source("basket.facts", TOPIC, 1), f"v{ids.fresh()[:8]}"
    store = await open_store(REDIS.url(settings), "basket")
    try:
        before = await store.open(facts, 700)
        async with desk.tools.view_generations() as generations:
            known = (await generations.read([view]))[view]
            assert await generations.begin(known, "a form", "catalog.project", TOPIC, 4)
            known = (await generations.read([view]))[view]
            first = known.now.next
            assert first is not None and await generations.set_floor(known, first, 1, 700)
            code, out = await desk.run("topics", "reset", TOPIC)
            assert code == 0 and "dry run" in out and "next 700" in out and "WARNING" not in out
            code, out = await desk.run("topics", "reset", TOPIC, "--json")
            found = json.loads(out)
            mine = next(each for each in found["floors"] if (each["group"], each["partition"]) == facts[::2])
            assert code == 0 and (mine["next"], mine["first"], found["is_new"], found["done"]) == (700, 0, True, False)
            assert (await store.open(facts, 0)).next == 700
            assert await generations.floors(view, first) == [None, 700, None, None]
            code, out = await desk.run("topics", "reset", TOPIC, "--yes")
            assert code == 0 and "new incarnation" in out and "views are built again" in out
            assert await generations.floors(view, first) == [None] * 4
            now = (await generations.read([view]))[view].now
            assert (now.next and now.next.tag, now.gone) == ("@2", ("@1",))
        after = await store.open(facts, 0)
        assert (after.next, after.incarnation) == (0, before.incarnation + 1)
    finally:
        await store.close()


async def test_reset_of_an_unknown_topic_changes_nothing(desk: Desk) -> None:
    code, line = await desk.run("topics", "reset", "catalog_event", "--yes")
    assert code == 2 and "did you mean catalog_events" in line

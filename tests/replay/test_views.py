"""`./lezzet views`: what there is, and orders to build again; without agents, which build."""

import json
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from replay.views import rebuild as view_rebuild
from stores.redis.connection import connect
from stores.redis.generations import Generation, ViewGenerations
from tests.replay.scene import Desk
from topics import keys
from topics.messages import ids

TOPIC = "catalog_events"


class Shelf:
    """A view of the test's own, of which generation @1 is read."""

    def __init__(self, generations: ViewGenerations) -> None:
        self.generations, self.name = generations, f"v{ids.fresh()[:8]}"

    async def next(self) -> Generation | None:
        return (await self.generations.read([self.name]))[self.name].now.next


@pytest_asyncio.fixture
async def shelf(desk: Desk) -> AsyncGenerator[Shelf]:
    redis = connect(desk.tools.settings.redis)
    made = Shelf(ViewGenerations(redis))
    live = (
        b'{"count":1,"live":{"tag":"@1","form":"f","group":"catalog.project","topic":"%s","partitions":4}}'
        % TOPIC.encode()
    )
    await redis.mset({keys.generations(made.name): live, keys.view_ready(made.name): "@1"})
    yield made
    await redis.delete(keys.generations(made.name), keys.view_ready(made.name))
    await redis.aclose()


async def test_lists_what_is_read_and_what_is_built(desk: Desk, shelf: Shelf):
    known = (await shelf.generations.read([shelf.name]))[shelf.name]
    assert await shelf.generations.begin(known, "f", "catalog.project", TOPIC, 4)
    code, out = await desk.run("views", "list", "--json")
    row = next(row for row in json.loads(out) if row["view"] == shelf.name)
    assert code == 0 and row == {"view": shelf.name, "topic": TOPIC, "live": "@1", "building": "@2", "removing": []}
    _, out = await desk.run("views")
    assert f"{shelf.name:18} {TOPIC:20} read: @1, building @2" in out


async def test_an_order_stands_where_nobody_builds_and_that_is_said(
    desk: Desk, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(view_rebuild, "_SILENT", 0.1)
    for _ in range(2):
        code, line = await desk.run("views", "rebuild", shelf.name)
        assert code == 1 and "goes on when agents of the domain run" in line
        wanted = await shelf.next()
        assert wanted is not None and wanted.tag == "@2", "a second order joins the first"


async def test_a_view_without_a_generation_is_one_line_and_exit_code_2(desk: Desk, shelf: Shelf):
    code, line = await desk.run("views", "rebuild", f"{shelf.name}s")
    assert code == 2 and line.count("\\n") == 0 and f"did you mean {shelf.name}" in line

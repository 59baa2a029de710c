"""`./lezzet views`: what there is, and orders to build again; without agents, which build."""

import json
import re
import time
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from replay.views import rebuild as view_rebuild
from stores.redis.connection import connect
from stores.redis.generations import Generation, GenerationsRecord, ViewGenerations
from tests.replay.scene import Desk
from topics import keys
from topics.messages import ids

TOPIC = "catalog_events"
KEPT = 3600  # seconds


class Shelf:
    """A view of the test's own, of which generation @1 is read."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.generations, self.name = redis, ViewGenerations(redis, KEPT), f"v{ids.fresh()[:8]}"

    async def switch(self) -> None:
        """@2 is read, and @1 has shown three events less of the first partition."""
        assert await self.generations.begin(await self.known(), "f", "catalog.project", TOPIC, 4)
        for tag, done in (("@1", 7), ("@2", 10)):
            floors = [keys.floor(self.name, tag, "catalog.project", TOPIC, partition) for partition in range(4)]
            await self.redis.mset(dict.fromkeys(floors, 0) | {floors[0]: done})
        assert await self.generations.switch(await self.known())

    async def known(self) -> GenerationsRecord:
        return (await self.generations.read([self.name]))[self.name]

    async def next(self) -> Generation | None:
        return (await self.known()).now.next


@pytest_asyncio.fixture
async def shelf(desk: Desk) -> AsyncGenerator[Shelf]:
    redis = connect(desk.tools.settings.redis)
    made = Shelf(redis)
    live = (
        b'{"count":1,"live":{"tag":"@1","form":"f","group":"catalog.project","topic":"%s","partitions":4}}'
        % TOPIC.encode()
    )
    await redis.mset({keys.generations(made.name): live, keys.view_ready(made.name): "@1"})
    yield made
    await redis.delete(*[name async for name in redis.scan_iter(f"*{made.name}*")])
    await redis.aclose()


async def test_lists_what_is_read_and_what_is_built(desk: Desk, shelf: Shelf):
    assert await shelf.generations.begin(await shelf.known(), "f", "catalog.project", TOPIC, 4)
    code, out = await desk.run("views", "list", "--json")
    row = next(row for row in json.loads(out) if row["view"] == shelf.name)
    said = {"view": shelf.name, "topic": TOPIC, "live": "@1", "building": "@2", "previous": None, "removing": []}
    assert code == 0 and row == said
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


async def test_what_is_kept_for_the_way_back_is_listed_with_what_it_lacks(desk: Desk, shelf: Shelf):
    await shelf.switch()
    _, out = await desk.run("views", "--json")
    row = next(row for row in json.loads(out) if row["view"] == shelf.name)
    seconds = row["previous"].pop("seconds")
    assert row["live"] == "@2" and row["previous"] == {"generation": "@1", "behind": 3} and 0 < seconds <= KEPT
    _, out = await desk.run("views")
    (left,) = re.findall(rf"{shelf.name:18} {TOPIC:20} read: @2, kept @1 for (\d+) s, 3 events behind", out)
    assert 0 < int(left) <= seconds, "what is left of its time"


async def test_the_way_back_is_ordered_and_where_there_is_none_that_is_one_line(
    desk: Desk, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(view_rebuild, "_SILENT", 0.1)
    code, line = await desk.run("views", "rebuild", shelf.name, "--back")
    assert code == 2 and "has no generation to go back to: one is kept after a rebuild" in line
    await shelf.switch()
    await shelf.redis.zadd(keys.running(shelf.name), {"another form": time.time() + 60})
    code, line = await desk.run("views", "rebuild", shelf.name, "--back")
    assert code == 1 and f"{shelf.name}@1 is of another release" in line and await shelf.next() is None
    await shelf.redis.zadd(keys.running(shelf.name), {"f": time.time() + 60})
    code, line = await desk.run("views", "rebuild", shelf.name, "--back")
    wanted = await shelf.next()
    assert code == 1 and "goes on when agents of the domain run" in line and wanted is not None and wanted.tag == "@1"
    code, line = await desk.run("views", "rebuild", shelf.name, "--back")
    assert code == 1 and f"{shelf.name}@1 is being built" in line


async def test_a_view_without_a_generation_is_one_line_and_exit_code_2(desk: Desk, shelf: Shelf):
    code, line = await desk.run("views", "rebuild", f"{shelf.name}s")
    assert code == 2 and line.count("\\n") == 0 and f"did you mean {shelf.name}" in line

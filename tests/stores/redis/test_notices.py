"""Followers of documents hear what has changed, in the step that changes it, over one connection that comes back."""

import asyncio
import signal
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import NamedTuple

import pytest_asyncio

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.notices import Notices
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from tests.deadline import until, within
from topics import keys


class Listener:
    """missed: how often something may have been missed. lists: that have changed."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.view = f"v{uuid.uuid4().hex[:10]}"
        self.heard: list[str] = []
        self.lists: list[str] = []
        self.missed = 0
        self.notices = Notices(self.redis, self._changed, self._missed)

    def _changed(self, view: str, ids: Sequence[str], lists: Sequence[str]) -> None:
        if view == self.view:
            self.lists += lists
            self.heard += ids

    def _missed(self) -> None:
        self.missed += 1

    async def listens(self) -> bool:
        return self.missed > 0

    async def hears(self, *ids: str) -> None:
        async def heard() -> bool:
            return self.heard == list(ids)

        await until(f"to hear of {ids}", heard)


class Writes(NamedTuple):
    store: ProjectionStore
    floor: str

    async def apply(self, before: int, changes: ViewChanges) -> bool:
        return await self.store.apply([Move(self.floor, before, before + 1, 0, changes)])


@pytest_asyncio.fixture
async def listener(servers: Stack) -> AsyncGenerator[Listener]:
    made = Listener(servers.endpoints.redis)
    made.notices.start()
    await until("to listen", made.listens)
    yield made
    await made.notices.stop()
    await made.redis.aclose()


@pytest_asyncio.fixture
async def writes(listener: Listener) -> Writes:
    return await writing(listener)


async def writing(listener: Listener) -> Writes:
    made = Writes(ProjectionStore(listener.redis), keys.floor(listener.view, "", "tests.project", "events", 0))
    await listener.redis.mset({made.floor: 0, keys.view_ready(listener.view): ""})
    return made


def changed(view: str, *ids: str) -> ViewChanges:
    changes = ViewChanges(view)
    for each in ids:
        changes.document(each, 1, b"{}")
    changes.tell(ids)
    return changes


async def test_what_a_batch_has_changed_is_told_once(listener: Listener, writes: Writes):
    assert await writes.apply(0, changed(listener.view, "a", "b\n"))
    await listener.hears("a", "b\n")
    assert await listener.redis.get(keys.document(listener.view, "a")) == b"1\n{}", "who hears of it can read it"


async def test_lists_that_have_changed_are_told_along(listener: Listener, writes: Writes):
    changes = ViewChanges(listener.view)
    changes.tell(["a"], ["board:r:changes"])
    assert await writes.apply(0, changes)
    await listener.hears("a")
    assert listener.lists == ["board:r:changes"]


async def test_what_was_not_written_is_not_told(listener: Listener, writes: Writes):
    assert not await writes.apply(7, changed(listener.view, "a"))
    assert await writes.apply(0, changed(listener.view, "b"))
    await listener.hears("b")


async def test_a_notice_that_is_none_is_passed_over(listener: Listener, writes: Writes):
    for nonsense in (b"", b"\xff", b"{}", b'{"view":1,"ids":[]}'):
        await listener.redis.publish(keys.CHANGES, nonsense)
    assert await writes.apply(0, changed(listener.view, "a"))
    await listener.hears("a")


async def test_it_listens_again_after_redis_was_away_and_says_that_it_may_have_missed_something(
    servers: Stack, listener: Listener
):
    listener.missed = 0
    await servers.stop("redis", signal.SIGKILL)
    await servers.start("redis")
    await until("to listen again", listener.listens)
    assert await (await writing(listener)).apply(0, changed(listener.view, "a"))
    await listener.hears("a")


async def test_it_stops_while_it_connects(servers: Stack):
    for turns in range(12):
        made = Listener(servers.endpoints.redis)
        made.notices.start()
        for _ in range(turns):
            await asyncio.sleep(0)
        await within("an end of it", made.notices.stop())
        await made.redis.aclose()

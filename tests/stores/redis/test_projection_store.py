"""Views move with their floor, or not at all: one script, on a real Redis."""

import time
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.errors import Unavailable
from stores.redis import projection
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from topics import keys


class Views:
    """Names of the test's own."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.store = ProjectionStore(self.redis)
        self.name = f"v{uuid.uuid4().hex[:10]}"
        self.floor, self.other = self.floor_of("@1"), self.floor_of("@2")

    def floor_of(self, tag: str) -> str:
        return keys.floor(self.name, tag, f"{self.name}.project", "events", 0)

    def changes(self, tag: str = "@1") -> ViewChanges:
        return ViewChanges(self.name, tag)

    async def apply(self, before: int, after: int, changes: ViewChanges, *, other: str = "") -> bool:
        floor = self.floor_of(changes.tag)
        return await self.store.apply([Move(floor, before, after, 0, changes, other)])

    async def documents(self, *names: str) -> list[tuple[int, bytes]]:
        places = [keys.in_generation(keys.document(self.name, name), "@1") for name in names]
        return (await self.store.load([], [], places)).documents

    async def get(self, key: str) -> bytes | None:
        return await self.redis.get(key)


@pytest_asyncio.fixture
async def views(servers: Stack) -> AsyncGenerator[Views]:
    made = Views(servers.endpoints.redis)
    yield made
    await made.redis.aclose()


async def test_documents_indexes_side_keys_and_floor_move_together(views: Views) -> None:
    await views.redis.set(views.floor, 0)
    expires, side = datetime.now(UTC) + timedelta(minutes=5), f"beside:{views.name}"
    changes = views.changes()
    changes.document("a", 2, b'{"n":1}')
    changes.enter("all", "a", 1.5)
    changes.put(side, "x", expires)
    changes.put(f"side:{views.name}:of", "y", None)
    assert await views.apply(0, 3, changes)
    assert await views.store.floors([views.floor]) == [3]
    assert await views.documents("a", "none") == [(2, b'{"n":1}'), (0, b"")]
    index, own = f"index:{views.name}@1:all", f"side:{views.name}@1:of"
    assert await views.redis.zrange(index, 0, -1, withscores=True) == [(b"a", 1.5)]
    assert 200_000 < await views.redis.pttl(side) <= 300_000 and await views.get(own) == b"y"
    gone = views.changes()
    gone.leave("all", "a")
    gone.drop(side)
    gone.drop(f"side:{views.name}:of")
    assert await views.apply(3, 4, gone)
    assert await views.redis.exists(index, side, own) == 0


async def test_what_changed_last_comes_last_and_the_others_leave(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "LATEST", 3)
    await views.redis.set(views.floor, 0)
    began, index, scores = time.time() * 1e6 - 1e6, f"index:{views.name}@1:changes", list[float]()
    for floor, members in enumerate((("a", "b"), ("c", "a"), ("d",))):
        changes = views.changes()
        for each in members:
            changes.changed_last("changes", each)
        assert await views.apply(floor, floor + 1, changes)
        scores.append((await views.redis.zrange(index, -1, -1, withscores=True))[0][1])
    found = await views.redis.zrange(index, 0, -1, withscores=True)
    assert [name for name, _ in found] == [b"c", b"a", b"d"], "b changed before the last three"
    assert len({score for _, score in found}) == 3 and scores == sorted(scores)
    assert began < scores[0] and scores[-1] < time.time() * 1e6 + 1e6, "microseconds by the server's clock"


async def test_a_clock_that_goes_back_changes_no_order(views: Views) -> None:
    await views.redis.set(views.floor, 0)
    index, ahead = f"index:{views.name}@1:changes", 4e15
    await views.redis.zadd(index, {"before": ahead})
    changes = views.changes()
    changes.changed_last("changes", "after")
    assert await views.apply(0, 1, changes)
    assert await views.redis.zrange(index, 0, -1, withscores=True) == [(b"before", ahead), (b"after", ahead + 1)]


@pytest.mark.parametrize("believed", [0, 2, 9])
async def test_whoever_believes_in_another_floor_writes_nothing(views: Views, believed: int) -> None:
    await views.redis.set(views.floor, 3)
    changes = views.changes()
    changes.document("a", 1, b"{}")
    assert not await views.apply(believed, 10, changes)
    assert await views.store.floors([views.floor]) == [3] and await views.documents("a") == [(0, b"")]


async def test_where_one_of_two_floors_is_another_neither_generation_is_written(views: Views) -> None:
    await views.redis.mset({views.floor: 3, views.other: 2})
    moves = [Move(views.floor, 3, 4, 0, views.changes()), Move(views.other, 3, 4, 0, views.changes("@2"))]
    assert not await views.store.apply(moves)
    assert await views.store.floors([views.floor, views.other]) == [3, 2]


async def test_without_a_floor_nothing_is_written(views: Views) -> None:
    """Redis was emptied between the look and the write: half a view must not appear."""
    changes = views.changes()
    changes.document("a", 7, b"{}")
    assert not await views.apply(6, 7, changes)
    assert await views.documents("a") == [(0, b"")]


async def test_two_who_apply_the_same_batch_apply_it_once(views: Views) -> None:
    await views.redis.set(views.floor, 0)
    changes = ViewChanges(views.name, "@1", [("INCR", f"count:{views.name}")])
    assert await views.apply(0, 1, changes)
    assert not await views.apply(0, 1, changes)
    assert await views.get(f"count:{views.name}") == b"1"


@pytest.mark.parametrize(("other", "written"), [(None, True), (4, True), (5, False), (9, False)])
async def test_keys_that_others_read_are_written_by_the_generation_that_is_ahead(
    views: Views, other: int | None, written: bool
) -> None:
    """What is built again must not bring a token back that was used since."""
    side = f"beside:{views.name}"
    await views.redis.set(views.other, 3)
    if other is not None:
        await views.redis.set(views.floor, other)
    changes = views.changes("@2")
    changes.put(side, "x", None)
    assert await views.apply(3, 5, changes, other=views.floor)
    assert await views.redis.exists(side) == written


async def test_words_of_any_bytes_stay_what_they_are(views: Views) -> None:
    await views.redis.set(views.floor, 0)
    body = bytes(range(256)) + b"\r\n3\r\n"
    changes = views.changes()
    changes.document("a b\nc", 1, body)
    changes.document("3", 1, b"3")
    assert await views.apply(0, 1, changes)
    assert await views.documents("a b\nc", "3") == [(1, body), (1, b"3")]


async def test_a_batch_of_many_changes_is_one_script(views: Views) -> None:
    await views.redis.set(views.floor, 0)
    changes = views.changes()
    for number in range(3000):
        changes.document(str(number), 1, b"{}")
    assert await views.apply(0, 3000, changes)
    assert await views.documents("2999") == [(1, b"{}")]


async def test_a_redis_that_is_not_there_is_doubt() -> None:
    redis = connect("redis://127.0.0.1:9/0")
    store, generations = ProjectionStore(redis), ViewGenerations(redis)
    move = Move("floor:v@1:g:t:0", 0, 1, 0, ViewChanges("v", "@1"))
    for ask in (store.load(["v"], [], []), store.floors(["floor"]), store.apply([move]), generations.read(["v"])):
        with pytest.raises(Unavailable):
            await ask
    await redis.aclose()

"""Views move with their floor, or not at all: one script, on a real Redis."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.errors import Unavailable
from stores.protocol import Source
from stores.redis.connection import connect
from stores.redis.projection import Mark, ProjectionStore, ViewChanges
from topics import keys


class Views:
    """Names of the test's own."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.store = ProjectionStore(self.redis)
        self.name = f"v{uuid.uuid4().hex[:10]}"
        self.source = Source(f"{self.name}.project", "events", 0)
        self.ready = f"ready:{self.name}"

    def mark(self, partition: int, partitions: int = 2) -> Mark:
        return Mark(self.name, partition, partitions, self.ready)

    async def get(self, key: str) -> bytes | None:
        return await self.redis.get(key)


@pytest_asyncio.fixture
async def views(servers: Stack) -> AsyncGenerator[Views]:
    made = Views(servers.endpoints.redis)
    yield made
    await made.redis.aclose()


async def test_a_floor_begins_at_the_earliest_offset_and_then_stays(views: Views) -> None:
    assert await views.store.open(views.source, 4) == 4
    assert await views.store.open(views.source, 9) == 4
    assert await views.store.floors([views.source]) == [4]


async def test_documents_indexes_side_keys_and_floor_move_together(views: Views) -> None:
    await views.store.open(views.source, 0)
    expires = datetime.now(UTC) + timedelta(minutes=5)
    changes = ViewChanges()
    changes.document(views.name, "a", 2, b'{"n":1}')
    changes.enter(views.name, "a", 1.5)
    changes.put(f"side:{views.name}", "x", expires)
    assert await views.store.apply(views.source, 0, 3, changes)
    floor, documents = await views.store.load(views.source, [(views.name, "a"), (views.name, "none")])
    assert (floor, documents) == (3, [(2, b'{"n":1}'), (0, b"")])
    assert await views.redis.zrange(keys.index(views.name), 0, -1, withscores=True) == [(b"a", 1.5)]
    assert 299_000 < await views.redis.pttl(f"side:{views.name}") <= 300_000
    gone = ViewChanges()
    gone.leave(views.name, "a")
    gone.drop(f"side:{views.name}")
    assert await views.store.apply(views.source, 3, 4, gone)
    assert await views.redis.exists(keys.index(views.name), f"side:{views.name}") == 0


@pytest.mark.parametrize("believed", [0, 2, 9])
async def test_whoever_believes_in_another_floor_writes_nothing(views: Views, believed: int) -> None:
    await views.store.open(views.source, 3)
    changes = ViewChanges()
    changes.document(views.name, "a", 1, b"{}")
    assert not await views.store.apply(views.source, believed, 10, changes, [views.mark(0, 1)])
    assert await views.store.load(views.source, [(views.name, "a")]) == (3, [(0, b"")])
    assert await views.get(views.ready) is None


async def test_without_a_floor_nothing_is_written(views: Views) -> None:
    """Redis was emptied between the look and the write: half a view must not appear."""
    changes = ViewChanges()
    changes.document(views.name, "a", 7, b"{}")
    assert not await views.store.apply(views.source, 6, 7, changes)
    assert await views.store.load(views.source, [(views.name, "a")]) == (None, [(0, b"")])


async def test_two_who_apply_the_same_batch_apply_it_once(views: Views) -> None:
    await views.store.open(views.source, 0)
    changes = ViewChanges([("INCR", f"count:{views.name}")])
    assert await views.store.apply(views.source, 0, 1, changes)
    assert not await views.store.apply(views.source, 0, 1, changes)
    assert await views.get(f"count:{views.name}") == b"1"


async def test_the_ready_key_stands_once_every_partition_has_caught_up(views: Views) -> None:
    sources = [views.source._replace(partition=n) for n in range(2)]
    for source in sources:
        await views.store.open(source, 0)
    for _ in range(2):  # the same partition twice does not count twice
        await views.store.apply(sources[0], 0, 0, ViewChanges(), [views.mark(0)])
    assert await views.get(views.ready) is None
    await views.store.apply(sources[1], 0, 0, ViewChanges(), [views.mark(1)])
    assert await views.get(views.ready) == b"1"


async def test_words_of_any_bytes_stay_what_they_are(views: Views) -> None:
    await views.store.open(views.source, 0)
    body = bytes(range(256)) + b"\r\n3\r\n"
    changes = ViewChanges()
    changes.document(views.name, "a b\nc", 1, body)
    changes.document(views.name, "3", 1, b"3")
    assert await views.store.apply(views.source, 0, 1, changes)
    assert (await views.store.load(views.source, [(views.name, "a b\nc"), (views.name, "3")]))[1] == [
        (1, body), (1, b"3"),
    ]  # fmt: skip


async def test_a_batch_of_many_changes_is_one_script(views: Views) -> None:
    await views.store.open(views.source, 0)
    changes = ViewChanges()
    for number in range(3000):
        changes.document(views.name, str(number), 1, b"{}")
    assert await views.store.apply(views.source, 0, 3000, changes)
    assert (await views.store.load(views.source, [(views.name, "2999")]))[1] == [(1, b"{}")]


async def test_a_redis_that_is_not_there_is_doubt() -> None:
    redis = connect("redis://127.0.0.1:9/0")
    store, source = ProjectionStore(redis), Source("g", "t", 0)
    for ask in (store.open(source, 0), store.load(source, []), store.floors([source])):
        with pytest.raises(Unavailable):
            await ask
    with pytest.raises(Unavailable):
        await store.apply(source, 0, 1, ViewChanges())
    await redis.aclose()

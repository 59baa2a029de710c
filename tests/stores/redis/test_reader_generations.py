"""The edge reads places; which generation of a view they stand in may change at any moment."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Sequence

import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.errors import Unavailable
from stores.listed import Newest, Span
from stores.redis.connection import connect
from stores.redis.lists import Lists
from stores.redis.reader import Reader
from tests.deadline import within
from topics import keys

DOCUMENTS, SWITCHES = 20, 60


class Shelf:
    """A view of the test's own. Every document and every member of a generation says its tag."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self.reader = Reader(self.redis)
        self.lists = Lists(self.redis, self.reader)
        self.view = f"v{uuid.uuid4().hex[:10]}"
        self.index = keys.index(self.view, "all")
        self.places = [keys.document(self.view, str(number)) for number in range(DOCUMENTS)]

    async def listed(self) -> Sequence[bytes]:
        return (await self.lists.read(Span("all", self.view, entries=10, size=1000))).members

    async def switch(self, tag: str) -> None:
        async with self.redis.pipeline(transaction=True) as step:
            step.set(keys.view_ready(self.view), tag)
            step.mset({keys.in_generation(place, tag): tag for place in self.places})
            step.zadd(keys.in_generation(self.index, tag), {tag: 1.0})
            await step.execute()


@pytest_asyncio.fixture
async def shelf(servers: Stack) -> AsyncGenerator[Shelf]:
    made = Shelf(servers.endpoints.redis)
    yield made
    await made.lists.close()
    await made.reader.close()
    await made.redis.aclose()


async def test_a_read_gives_one_generation_while_they_are_switched(shelf: Shelf):
    await shelf.switch("@0")
    over = asyncio.Event()

    async def read() -> set[bytes]:
        seen: set[bytes] = set()
        while not over.is_set():
            values = set(await shelf.reader.get(shelf.places))
            assert len(values) == 1 and None not in values, f"of one generation: {values}"
            seen.update(value for value in values if value is not None)
        return seen

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for number in range(1, SWITCHES):
        await shelf.switch(f"@{number}")
        await shelf.redis.delete(*(keys.in_generation(place, f"@{number - 1}") for place in shelf.places))
    over.set()
    seen = await within("the readers", asyncio.gather(*readers))
    assert all(len(each) > 3 for each in seen), f"the readers saw switches: {seen}"
    assert await shelf.reader.get(shelf.places[:1]) == [f"@{SWITCHES - 1}".encode()]


async def test_an_index_is_that_of_the_generation_that_was_looked_at_last(shelf: Shelf):
    await shelf.switch("@1")
    assert await shelf.listed() == [b"@1"], "a process that has not looked yet looks first"
    await shelf.switch("@2")
    assert await shelf.listed() == [b"@1"], "as the request's first look found it"
    await shelf.reader.get([keys.view_ready(shelf.view)])
    assert await shelf.listed() == [b"@2"]


async def test_without_a_ready_key_nothing_is_found(shelf: Shelf):
    await shelf.switch("@1")
    await shelf.redis.delete(keys.view_ready(shelf.view))
    assert await shelf.reader.get([keys.view_ready(shelf.view), shelf.places[0]]) == [None, None]


async def test_members_come_with_the_documents_and_of_the_same_generation(shelf: Shelf):
    for tag in ("@1", "@2"):
        await shelf.switch(tag)
        members, values = shelf.reader.newest(Newest(shelf.index, 0.0, 10)), shelf.reader.get(shelf.places)
        assert await within("members", members) == [tag.encode()]
        assert set(await within("documents", values)) == {tag.encode()}


async def test_a_set_that_cannot_be_read_leaves_the_documents_alone(shelf: Shelf):
    await shelf.switch("@1")
    await shelf.redis.set(keys.in_generation(shelf.index, "@1"), "no sorted set")
    members, values = shelf.reader.newest(Newest(shelf.index, 0.0, 10)), shelf.reader.get(shelf.places)
    with pytest.raises(Unavailable):
        await within("members", members)
    assert set(await within("documents", values)) == {b"@1"}

"""Documents for searches: acknowledged before the floor moves, and the same ones whenever they are made again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents.runtime import metrics
from agents.runtime.reading.indexing import Indexing
from agents.runtime.transport.lease import Lease, Reopen
from stores.elastic.connection import Connection
from stores.elastic.daily import Daily, Generations
from stores.elastic.documents import Documents
from stores.errors import IndexLost, Unavailable
from tests.agents.runtime.feed import Feed
from tests.agents.runtime.tally import BAD_LUCK, Added
from tests.agents.runtime.world import Process, World
from tests.deadline import within
from topics.deciding.projection import Document, FactTable, Index, Shown
from topics.messages.event import EventMeta

REFUSED = 7  # an amount that the index does not take
SILENT = 999  # and one of which no document is made
FORM = {"properties": {"key": {"type": "keyword"}, "sum": {"type": "long"}}}
NOW = datetime.now(UTC)


class Known(msgspec.Struct, frozen=True):
    sum: int


def _known(before: Known | None, event: Added, meta: EventMeta) -> Shown[Known]:
    return Shown(Known((before.sum if before else 0) + event.amount))


def _documents(before: Known | None, event: Added, meta: EventMeta) -> Sequence[Document]:
    if event.amount == BAD_LUCK:
        raise RuntimeError("13 brings bad luck")
    if event.amount == SILENT:
        return ()
    total: Any = "seven" if event.amount == REFUSED else (before.sum if before else 0) + event.amount
    body = msgspec.json.encode({"key": meta.aggregate_id, "sum": total})
    return (Document(meta.id, NOW.date(), body),)


class Away(Daily):
    """The index, where the server may be away, or its answer be lost."""

    failing = lost = away = False

    async def generations(self) -> Generations | None:
        if self.away:
            raise Unavailable("Elasticsearch", "is away")
        return await super().generations()

    async def put(self, made: Sequence[Document]) -> Mapping[str, str]:
        if self.failing:
            raise Unavailable("Elasticsearch", "is away")
        refused = await super().put(made)
        if self.lost:
            raise Unavailable("Elasticsearch", "no answer")
        return refused


class Indexes:
    """A process that indexes; name and table are the test's own."""

    def __init__(self, world: World, process: Process, feed: Feed, elastic: str) -> None:
        self.world, self.process, self.feed = world, process, feed
        self.sink = Away(Documents(Connection(elastic)), world.run, FORM, 30)
        table = FactTable[Known, Added](name=world.run, topic=feed.topic, document=Known, show=_known)
        index = Index[Known, Added](known=table, documents=_documents)
        self.work = Indexing(index, self.sink, process.store, process.drain, rest=0)

    async def opened(self) -> Lease:
        lease = self.feed.lease(f"{self.world.run}.index")
        await self.work.open(lease, 0)
        return lease

    async def run(self, lease: Lease, first: int | None = None, end: int | None = None) -> None:
        batch = self.feed.batch(lease, first, end)
        self.process.store.first = batch.first
        await self.work.run(batch)
        lease.next = batch.next

    async def found(self) -> dict[str, tuple[str, int]]:
        """Id → (key, sum)."""
        await self.sink.refresh()
        answer = await self.sink.search(NOW.date(), NOW.date(), {"size": 100, "query": {"match_all": {}}}, 60.0)
        hits = (answer or {}).get("hits", {}).get("hits", ())
        return {hit["_id"]: (hit["_source"]["key"], hit["_source"]["sum"]) for hit in hits}

    async def floor(self, lease: Lease) -> int:
        return (await self.process.store.look([lease.source])).floors[lease.source].next


Make = Callable[..., Awaitable[list[Indexes]]]


@pytest_asyncio.fixture(loop_scope="session")
async def indexes(world: World, elastic: str) -> AsyncGenerator[Make]:
    """Makes so many processes on one partition."""
    made: list[Indexes] = []

    async def make(count: int = 1) -> list[Indexes]:
        feed = Feed(world.events)
        made.extend([Indexes(world, await world.process(), feed, elastic) for _ in range(count)])
        return made

    yield make
    for each in made:
        await each.sink.close()


async def test_documents_are_made_of_events_and_of_what_was_known(indexes: Make):
    (index,) = await indexes()
    for key, version in (("a", 1), ("b", 1), ("a", 2), ("a", 2), ("a", 1)):
        index.feed.event(key, version, 10)
    lease = await index.opened()
    await index.run(lease)
    index.feed.event("a", 3, 5)
    await index.run(lease)
    assert await index.found() == {"a 1": ("a", 10), "b 1": ("b", 10), "a 2": ("a", 20), "a 3": ("a", 25)}
    assert await index.floor(lease) == 6


async def test_while_the_server_is_away_the_floor_stays_and_all_is_caught_up_later(indexes: Make):
    (index,) = await indexes()
    lease = await index.opened()
    for version in (1, 2, 3):
        index.feed.event("a", version, 10)
    index.sink.failing = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await index.run(lease)
    assert (await index.floor(lease), await index.found()) == (0, {})
    assert _behind(lease) > 0
    index.sink.failing = False
    await index.run(lease)
    assert (await index.floor(lease), len(await index.found())) == (3, 3)
    assert _behind(lease) == 0


def _behind(lease: Lease) -> float:
    """What the metric says, in seconds."""
    source = lease.source
    return metrics.INDEX_BEHIND.labels(source.group, source.topic, str(source.partition))._value.get()


async def test_whoever_waits_for_the_server_ends_with_its_lease(indexes: Make):
    (index,) = await indexes()
    index.work._rest = 3600.0
    lease = await index.opened()
    index.feed.event("a", 1, 10)
    index.sink.failing = True
    running = asyncio.create_task(index.run(lease))
    lease.end_now()
    with pytest.raises(Unavailable):
        await within("an end of the wait", running)


async def test_where_the_answer_is_lost_the_same_documents_are_made_again(indexes: Make):
    (index,) = await indexes()
    lease = await index.opened()
    for version in (1, 2):
        index.feed.event("a", version, 10)
    index.sink.lost = True
    with pytest.raises(Unavailable):
        await index.run(lease)
    index.sink.lost = False
    before = await index.found()
    await index.run(lease)
    assert before == await index.found() == {"a 1": ("a", 10), "a 2": ("a", 20)}


@pytest.mark.parametrize("step", ["before write", "after write"])
async def test_killed_around_the_write_the_next_process_makes_the_same_documents(indexes: Make, step: str):
    killed, other = await indexes(2)
    for version in (1, 2):
        killed.feed.event("a", version, 10)
    killed.process.gates.fail_at(step)
    with pytest.raises(Unavailable):
        await killed.run(await killed.opened())
    lease = await other.opened()
    other.feed.event("a", 3, 10)
    await other.run(lease)
    assert await other.found() == {"a 1": ("a", 10), "a 2": ("a", 20), "a 3": ("a", 30)}
    assert await other.floor(lease) == 3


async def test_an_event_whose_document_is_refused_becomes_a_dead_letter_and_the_others_are_there(indexes: Make):
    (index,) = await indexes()
    for version, amount in ((1, 10), (2, REFUSED), (3, 10)):
        index.feed.event("a", version, amount)
    lease = await index.opened()
    await index.run(lease)
    assert await index.found() == {"a 1": ("a", 10), "a 3": ("a", 27)}
    assert await index.floor(lease) == 3
    (dead,) = await index.world.published(index.feed.topic.dead_letters)
    named = dict(dead.headers)
    assert (dead.key, dead.body) == (b"a", index.feed.log[1].value), "as it came"
    assert b"not indexed: document_parsing_exception" in named["dlq_reason"]
    assert (named["dlq_offset"], named["dlq_group"]) == (b"1", lease.source.group.encode())


async def test_what_cannot_be_read_is_a_dead_letter_and_what_raises_waits_for_mended_code(indexes: Make):
    (index,) = await indexes()
    index.feed.event("a", 1, body=b"{", source="somebody")
    index.feed.event("b", 1, BAD_LUCK)
    index.feed.event("b", 2, 10)
    index.feed.event("c", 1, 10)
    lease = await index.opened()
    await index.run(lease)
    assert await index.found() == {"c 1": ("c", 10)}
    assert len(await index.world.published(index.feed.topic.dead_letters)) == 1
    assert lease.missed.startswith("offset 1: ")


async def test_a_server_that_lost_what_it_held_stops_the_partition_and_says_what_to_do(indexes: Make):
    (index,) = await indexes()
    lease = await index.opened()
    index.feed.event("a", 1, 10)
    await index.run(lease)
    index.feed.event("a", 2, 10)
    await _lose(index)
    with pytest.raises(Reopen):
        await index.run(lease)
    with pytest.raises(IndexLost, match=r"lezzet .* rebuild"):
        await index.opened()
    assert await index.floor(lease) == 1
    making = await index.sink.begin_next()
    await index.sink.switch(making)
    await index.run(await index.opened(), first=1)
    assert await index.found() == {"a 2": ("a", 20)}


async def _lose(index: Indexes) -> None:
    client = index.sink._documents._connection._opened()
    await client.delete(index="lezzet-generations", id=index.world.run)
    await client.indices.delete(index=",".join(await index.sink._documents.indices(f"{index.world.run}-*")))


@pytest.mark.parametrize("first", [10, SILENT])
async def test_who_opens_while_the_server_is_away_goes_on_when_it_is_there(indexes: Make, first: int):
    (index,) = await indexes()
    index.sink.away = True
    index.feed.event("a", 1, first)
    index.feed.event("a", 2, 10)
    lease = await index.opened()
    with pytest.raises(Unavailable):
        await index.run(lease, 0, 1)
    index.sink.away = False
    with pytest.raises(Reopen):  # nobody has begun
        await index.run(lease, 0, 1)
    assert await index.floor(lease) == 0
    lease = await index.opened()
    await index.run(lease, 0, 1)
    await index.run(lease, 1, 2)
    assert (await index.found())["a 2"] == ("a", first + 10)


async def test_while_the_next_generation_is_made_a_batch_goes_into_both(indexes: Make):
    (index,) = await indexes()
    lease = await index.opened()
    making = await index.sink.begin_next()
    index.feed.event("a", 1, 10)
    await index.run(lease)
    assert await index.found() == {"a 1": ("a", 10)}
    await index.sink.switch(making)
    assert await index.found() == {"a 1": ("a", 10)}

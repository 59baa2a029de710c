"""Lines are done when they are in the index, and wait for it as long as it takes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

import msgspec
import pytest
import pytest_asyncio

from agents.logs import batching
from agents.logs.batching import Batches
from stores.errors import Unavailable
from stores.logs.index import LogIndex
from stores.rabbit import Delivery
from tests.deadline import until, within


class Index:
    """away: raised by each write until it is None. refuses: ids."""

    def __init__(self) -> None:
        self.away: Exception | None = None
        self.refuses: set[str] = set()
        self.tries = 0
        self.writes: list[dict[str, Any]] = []

    async def put(self, documents: Sequence[tuple[str, bytes]]) -> Mapping[str, str]:
        self.tries += 1
        await asyncio.sleep(0)
        if self.away is not None:
            raise self.away
        self.writes.append({id: msgspec.json.decode(body) for id, body in documents})
        return {id: "too odd" for id, _ in documents if id in self.refuses}


@pytest.fixture
def index() -> Index:
    return Index()


@pytest_asyncio.fixture
async def batches(index: Index, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Batches]:
    monkeypatch.setattr(batching, "EVERY", 0.001)
    monkeypatch.setattr(batching, "_AGAIN", (0.001,))
    made = Batches(cast(LogIndex, index))
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def line(n: int, id: str | None = None) -> Delivery:
    return Delivery(id=f"id-{n}" if id is None else id, body=b'{"event":"e%d"}' % n)


async def test_lines_that_come_together_are_written_together(batches: Batches, index: Index) -> None:
    await within("all to be written", asyncio.gather(*(batches.take(line(n)) for n in range(20))))
    assert [len(written) for written in index.writes] == [20]
    assert index.writes[0]["id-7"]["event"] == "e7"


async def test_a_line_without_an_id_is_one_of_its_own(batches: Batches, index: Index) -> None:
    await within("all to be written", asyncio.gather(*(batches.take(line(n, "")) for n in range(3))))
    assert len(index.writes[0]) == 3


async def test_while_the_index_is_away_lines_wait_and_it_is_told(batches: Batches, index: Index) -> None:
    index.away = Unavailable("Elasticsearch", "gone")
    taking = asyncio.gather(*(batches.take(line(n)) for n in range(3)))

    async def tried() -> bool:
        return index.tries >= 3

    await until("some tries", tried)
    assert not taking.done() and batches.away is not None and "gone" in batches.away
    index.away = None
    await within("all to be written", taking)
    assert len(index.writes[0]) == 3 and batches.away is None


async def test_who_gives_up_waiting_leaves_nothing_behind(batches: Batches, index: Index) -> None:
    """The connection to RabbitMQ is lost, and it gives the line again."""
    index.away = Unavailable("Elasticsearch", "gone")
    first = asyncio.create_task(batches.take(line(1)))

    async def tried() -> bool:
        return index.tries >= 1

    await until("a try", tried)
    later = asyncio.create_task(batches.take(line(2)))
    await asyncio.sleep(0)
    for each in (first, later):
        each.cancel()
    await asyncio.gather(first, later, return_exceptions=True)
    index.away = None
    await within("the line to be written", batches.take(line(1)))
    assert [sorted(written) for written in index.writes] == [["id-1"], ["id-1"]], "the same id: one line in the index"


async def test_what_the_index_never_takes_is_counted_and_done(batches: Batches, index: Index) -> None:
    index.refuses = {"id-1"}
    before = batching.REFUSED._value.get()
    await within("both to be done", asyncio.gather(batches.take(line(0)), batches.take(line(1))))
    assert batching.REFUSED._value.get() == before + 1

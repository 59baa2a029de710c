"""Index: makes documents for searches outside, many at once, from a topic's events and from what is known of their aggregates.

What is known stands in the own store, as a copy does (copying.py). The documents of a batch are acknowledged before copy and
floor move, so a kill in between makes the same documents again, under the same ids.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import structlog

from agents.runtime import metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.reading.copying import Copying, CopyPart
from agents.runtime.reading.events import Event
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.placing import dead_letters
from agents.runtime.transport.lease import Batch, Lease, Reopen
from stores.elastic.daily import NotBegun
from stores.elastic.errors import SERVER
from stores.errors import IndexLost, Unavailable
from stores.protocol import Changes, DomainStore, Moment, Source
from topics.deciding.projection import Document, Index
from topics.messages.message import Undecodable

log = structlog.get_logger()

REST = 10.0
"""Seconds until a server that is away is asked again: it may be for hours, and each asking is a line in the log."""


class Sink(Protocol):
    """See stores.elastic.daily.Daily. Everything raises Unavailable."""

    async def generations(self) -> object | None: ...
    async def begin(self) -> None: ...
    async def put(self, made: Sequence[Document]) -> Mapping[str, str]: ...


class Made(NamedTuple):
    """A document, and the event that it was made of."""

    event: Event
    document: Document


class Indexing(Copying):
    """The work (agents.runtime.transport.work.Work) of an index of one topic."""

    def __init__(
        self, index: Index[Any, Any], sink: Sink, store: DomainStore, drain: Drain, code: str = "", rest: float = REST
    ) -> None:
        super().__init__(index.known.topic, (index.known,), store, drain, code)
        self._index = index
        self._sink = sink
        self._rest = rest
        self._made: dict[CopyPart, list[Made]] = {}
        self._begun = False  # seen by this process

    async def open(self, lease: Lease, earliest: int) -> None:
        """Raises IndexLost where something was done and the server knows nothing of it."""
        await super().open(lease, earliest)
        try:
            if await self._sink.generations() is None:
                await self._begin(lease.source)
            self._begun = True
        except Unavailable as away:  # then the first batch waits, and asks again
            log.info("index_is_away", group=lease.source.group, why=str(away)[:200])

    async def _begin(self, source: Source) -> None:
        every = [source._replace(partition=number) for number in range(self._drain.counts.of(self._index.known.topic))]
        floors = (await self._store.look(every)).floors
        if any(floor.next for floor in floors.values()) and await self._sink.generations() is None:
            raise IndexLost(source.group.partition(".")[0], source.topic)
        await self._sink.begin()

    async def run(self, batch: Batch) -> None:
        try:
            await super().run(batch)
        except Unavailable as away:
            if away.server == SERVER:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(batch.lease.closing.wait(), self._rest)
            raise

    async def copy(self, parts: Sequence[CopyPart]) -> tuple[Moment, Mapping[CopyPart, Changes]]:
        try:
            await self._is_begun()
            moment, changes = await super().copy(parts)
            refused = await self._put([made for part in changes for made in self._made.get(part, ())])
            for part, change in changes.items():
                dead = _dead(self._made.get(part, ()), refused)
                change.outbox = [*change.outbox, *dead_letters(part.lease, self._index.known.topic, dead)]
        except Unavailable:
            self._tell(parts, waits=True)
            raise
        finally:
            for part in parts:
                self._made.pop(part, None)
        self._tell(parts, waits=False)
        return moment, changes

    async def _is_begun(self) -> None:
        """Raises Reopen where nobody has begun. No floor may move before: also events without documents move it, and whoever
        opens next would take the index for lost."""
        if not self._begun:
            if await self._sink.generations() is None:
                raise Reopen(f"nobody has begun the index of {self._index.known.topic.name}")
            self._begun = True

    def applied(self, part: CopyPart, event: Event, before: Any) -> None:
        made = [Made(event, each) for each in self._index.documents(before, event.message, event.meta)]
        self._made.setdefault(part, []).extend(made)

    async def _put(self, every: Sequence[Made]) -> Mapping[str, str]:
        if not every:
            return {}
        try:
            refused = await self._sink.put([made.document for made in every])
        except NotBegun as error:
            raise Reopen(str(error)) from None
        metrics.INDEXED.labels(self._index.known.topic.name).inc(len(every) - len(refused))
        return refused

    def _tell(self, parts: Sequence[CopyPart], *, waits: bool) -> None:
        for part in parts:
            source, oldest = part.source, part.batch.records[0].timestamp / 1000 if part.batch.records else 0.0
            behind = max(0.0, time.time() - oldest) if waits and oldest else 0.0
            metrics.INDEX_BEHIND.labels(source.group, source.topic, str(source.partition)).set(behind)


def _dead(every: Iterable[Made], refused: Mapping[str, str]) -> list[Arrival]:
    """The events of which a document was refused, with `error`."""
    found = dict[int, Arrival]()
    for event, document in every:
        if document.id in refused:
            event.arrival.error = Undecodable("$", f"not indexed: {refused[document.id]}")
            found[event.arrival.offset] = event.arrival
    return list(found.values())

"""Project into the own store: makes this domain's copy of another domain's facts from that domain's events."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import Rounds, Turn, changed
from agents.runtime.reading import events
from agents.runtime.reading.events import Event
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import dead_letters
from agents.runtime.transport.lease import Batch, Lease
from stores.protocol import Changes, DomainStore, Fact, FactKey, FactWrite, Moment
from topics.deciding.projection import FactTable
from topics.messages.topic import Topic


class _Turn(Turn):
    def __init__(self, batch: Batch, found: Sequence[Event], bad: Sequence[Arrival]) -> None:
        self.found = found
        self.bad = bad
        self.aggregates = events.aggregates(found)
        super().__init__(batch, batch.first, batch.next, messages=len(batch.records), touches=self.aggregates)


class Copying(Drained):
    """The work (agents.runtime.transport.work.Work) of all fact tables of one topic."""

    def __init__(self, topic: Topic, tables: Sequence[FactTable[Any, Any]], store: DomainStore, drain: Drain) -> None:
        super().__init__(store, drain)
        self._topic = topic
        self._tables = {table.name: table for table in tables}
        self._decoders = {table.name: msgspec.json.Decoder(table.document) for table in tables}
        self._rounds = Rounds[_Turn](drain, self._copy)

    async def run(self, batch: Batch) -> None:
        found, bad = events.read(self._topic, batch, 0)
        await self._rounds.join(_Turn(batch, found, bad))

    async def _copy(self, turns: Sequence[_Turn]) -> tuple[Moment, Mapping[_Turn, Changes]]:
        wanted = [(table, aggregate) for table in self._tables for turn in turns for aggregate in turn.aggregates]
        moment = await self._store.look([turn.source for turn in turns], facts=wanted)
        return moment, changed(turns, moment, lambda turn, done: self._changes(turn, done, moment))

    def _changes(self, turn: _Turn, done: int, moment: Moment) -> Changes:
        changes = Changes(next=turn.after)
        todo = [event for event in turn.found if event.arrival.offset >= done]
        changes.facts, gaps = self._fold(turn.lease, todo, moment.facts)
        bad = [arrival for arrival in turn.bad if arrival.offset >= done]
        changes.outbox = dead_letters(turn.lease, self._topic, [*bad, *gaps])
        return changes

    def _fold(
        self, lease: Lease, todo: Sequence[Event], stored: Mapping[FactKey, Fact]
    ) -> tuple[list[FactWrite], list[Arrival]]:
        now: dict[FactKey, tuple[int, Any]] = {}
        gaps: list[Arrival] = []
        for event in todo:
            for name, table in self._tables.items():
                place = (name, event.meta.aggregate_id)
                try:
                    version, document = now.get(place) or self._before(name, stored.get(place))
                    following = events.is_next(lease.source.group, self._topic.name, event, version)
                    if following:
                        now[place] = event.meta.version, table.show(document, event.message, event.meta).document
                    elif following is None:
                        gaps.append(events.gap(event, version))
                except Exception as error:
                    gaps.append(events.broken(self._topic.name, event, name, error))
        writes = [
            FactWrite(name, key, version, None if document is None else msgspec.json.encode(document).decode())
            for (name, key), (version, document) in now.items()
        ]
        return writes, gaps

    def _before(self, name: str, stored: Fact | None) -> tuple[int, Any]:
        if stored is None:
            return 0, None
        return stored.version, None if stored.body is None else self._decoders[name].decode(stored.body)

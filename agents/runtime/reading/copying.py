"""Project into the own store: makes this domain's copy of another domain's facts from that domain's events."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import BatchPart, Rounds, changed
from agents.runtime.reading import events, missed
from agents.runtime.reading.events import Event
from agents.runtime.reading.missed import Missed
from agents.runtime.reading.turns import Turns
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import dead_letters
from agents.runtime.transport.lease import Batch, Lease
from stores import protocol
from stores.protocol import Changes, DomainStore, Fact, FactKey, FactWrite, Moment
from topics.deciding.projection import FactTable
from topics.messages import unknown_fields
from topics.messages.stored_form import StoredForm
from topics.messages.topic import Topic

_encode = msgspec.json.encode


class CopyPart(BatchPart):
    def __init__(self, batch: Batch, found: Sequence[Event], bad: Sequence[Arrival]) -> None:
        self.found = found
        self.bad = bad
        self.aggregates = events.aggregates(found)
        super().__init__(batch, batch.first, batch.next, messages=len(batch.records), touches=self.aggregates)


class Copying(Drained):
    """The work (agents.runtime.transport.work.Work) of all fact tables of one topic. code: see running_code. turns: of the
    process."""

    def __init__(
        self,
        topic: Topic,
        tables: Sequence[FactTable[Any, Any]],
        store: DomainStore,
        drain: Drain,
        code: str = "",
        turns: Turns | None = None,
    ) -> None:
        super().__init__(store, drain)
        self._topic = topic
        self._tables = {table.name: table for table in tables}
        self._forms = {table.name: table.form for table in tables}
        self._rounds = Rounds[CopyPart](drain, self.copy, partial((turns or Turns()).turn, topic.name))
        self._code = code or missed.running_code()

    async def open(self, lease: Lease, earliest: int) -> None:
        await super().open(lease, earliest)
        # What is read again may lead to the same dead letters, whose rows have the same ids.
        await self._drain.forget(lease)
        missed.opened(lease, *await self._store.again(lease.source, lease.epoch, self._code))

    async def run(self, batch: Batch) -> None:
        found, bad = events.read(self._topic, batch, 0)
        await self._rounds.join(CopyPart(batch, found, bad))

    async def copy(self, parts: Sequence[CopyPart]) -> tuple[Moment, Mapping[CopyPart, Changes]]:
        """See agents.runtime.committing.rounds.Decide."""
        wanted = [(table, aggregate) for table in self._tables for part in parts for aggregate in part.aggregates]
        moment = await self._store.look([part.source for part in parts], facts=wanted)
        return moment, changed(parts, moment, lambda part, done: self._changes(part, done, moment))

    def _changes(self, part: CopyPart, done: int, moment: Moment) -> Changes:
        changes = Changes(next=part.after)
        todo = [event for event in part.found if event.arrival.offset >= done]
        missing = Missed(part.lease)
        changes.facts = self._fold(missing, part, todo, moment.facts)
        if missing.first is not None:
            changes.missed = protocol.Missed(missing.first, self._code)
        bad = [arrival for arrival in part.bad if arrival.offset >= done]
        changes.outbox = dead_letters(part.lease, self._topic, [*bad, *missing.dead])
        return changes

    def applied(self, part: CopyPart, event: Event, before: Any) -> None:
        """For what is made of an event besides the copy. before: the document before the event. What it raises is as if the
        table had raised it."""

    def _fold(
        self, missing: Missed, part: CopyPart, todo: Sequence[Event], stored: Mapping[FactKey, Fact]
    ) -> list[FactWrite]:
        now: dict[FactKey, _Copied] = {}
        for event in todo:
            for name, table in self._tables.items():
                place = (name, event.meta.aggregate_id)
                try:
                    copied = now.get(place) or _Copied.of(self._forms[name], stored.get(place))
                    if missing.applies(event, copied.version):
                        after = copied.after(table, event)
                        self.applied(part, event, copied.document)
                        now[place] = after
                except Exception as error:
                    missing.broken(event, name, error)
        return [FactWrite(name, key, copied.version, copied.body()) for (name, key), copied in now.items()]


class _Copied(NamedTuple):
    """A fact on its way through a batch. before: its JSON as it was read, in the form of today; empty where nothing of it may
    stay. first: the document that was made of that."""

    form: StoredForm[Any]
    version: int
    document: Any
    before: str
    first: Any

    @classmethod
    def of(cls, form: StoredForm[Any], stored: Fact | None) -> "_Copied":
        """Raises for what is stored in a form that this code does not know."""
        if stored is None or stored.body is None:
            return cls(form, 0 if stored is None else stored.version, None, "", None)
        document = form.decode(stored.body)
        return cls(form, stored.version, document, form.plain(stored.body), document)

    def after(self, table: FactTable[Any, Any], event: Event) -> "_Copied":
        """Raises what the table raises."""
        document = table.show(self.document, event.message, event.meta).document
        stays = document is not None and not unknown_fields.erases(type(event.message))
        return self._replace(version=event.meta.version, document=document, before=self.before if stays else "")

    def body(self) -> str | None:
        """As JSON, with the fields that this code does not know. None: the fact is gone."""
        if self.document is None:
            return None
        known = _encode(self.document).decode()
        kept = unknown_fields.kept(self.before, _encode(self.first).decode(), known) if self.before else known
        return self.form.stored(kept)

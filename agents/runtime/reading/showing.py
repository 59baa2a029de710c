"""Project into Redis: makes the documents, indexes and side keys of views from a topic's events. One script writes them
together with the floor."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from agents.runtime.arrivals import Arrival
from agents.runtime.committing.floor import progress_at
from agents.runtime.reading import events, missed
from agents.runtime.reading.events import Event
from agents.runtime.reading.missed import Missed
from agents.runtime.sending.placing import dead_letters
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Batch, Lease, Reopen
from stores.errors import Conflict
from stores.redis.projection import Mark, ProjectionStore, ViewChanges
from topics.deciding.projection import PartOf, Traits, View
from topics.messages import unknown_fields
from topics.messages.topic import Topic

_encode = msgspec.json.encode
Place = tuple[str, str]  # (view, aggregate id)


class Showing:
    """The work (agents.runtime.transport.work.Work) of all views of one topic. code: see running_code."""

    def __init__(
        self,
        topic: Topic,
        views: Sequence[View[Any, Any]],
        store: ProjectionStore,
        publisher: Publisher,
        code: str = "",
    ) -> None:
        self._topic = topic
        self._views = {view.name: view for view in views}
        self._decoders = {view.name: msgspec.json.Decoder(view.document) for view in views}
        self._store = store
        self._publisher = publisher
        self._caught_up: set[int] = set()
        self._code = code or missed.running_code()

    async def open(self, lease: Lease, earliest: int) -> None:
        lease.next = await self._store.open(lease.source, earliest)
        missed.opened(lease, *await self._store.again(lease.source, self._code))
        self._caught_up.discard(lease.source.partition)
        await self._mark_if_caught_up(lease, lease.next)

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Notices that Redis has lost its data, or the last second of it, where no event comes that would show it."""
        lost: dict[Lease, str] = {}
        for lease, floor in zip(leases, await self._store.floors([each.source for each in leases]), strict=True):
            if floor is None:
                lost[lease] = "Redis has lost the floor: the views are built again"
            elif floor < lease.next:
                lost[lease] = f"Redis has lost what it had: its floor is {floor}, {lease.next} was done"
        return lost

    async def close(self, lease: Lease) -> None:
        """Does nothing: there is no outbox."""

    async def run(self, batch: Batch) -> None:
        lease = batch.lease
        found, bad = events.read(self._topic, batch, 0)
        places = [(view, aggregate) for view in self._views for aggregate in events.aggregates(found)]
        floor, stored = await self._store.load(lease.source, places)
        if floor is None:
            raise Reopen("Redis has lost the floor: the views are built again")
        progress = progress_at(batch, floor)
        if batch.next <= progress.done:
            return
        todo = [event for event in found if event.arrival.offset >= progress.done]
        missing = Missed(lease)
        changes = self._fold(missing, todo, dict(zip(places, stored, strict=True)))
        dead = [*(a for a in bad if a.offset >= progress.done), *missing.dead]
        await self._bury(lease, dead)
        if missing.first is not None:  # before the floor moves, too
            await self._store.miss(lease.source, missing.first, self._code)
        marks = self._marks(lease) if batch.next >= lease.end else ()
        if not await self._store.apply(lease.source, floor, batch.next, changes, marks):
            raise Conflict(f"{lease.source}: the floor moved under the batch")
        if marks:
            self._caught_up.add(lease.source.partition)

    async def _bury(self, lease: Lease, dead: Sequence[Arrival]) -> None:
        """Publishes dead letters before the floor moves: a kill between the two repeats them, and loses none."""
        if dead:
            await self._publisher.publish(dead_letters(lease, self._topic, dead))

    async def _mark_if_caught_up(self, lease: Lease, floor: int) -> None:
        if floor >= lease.end and await self._store.apply(
            lease.source, floor, floor, ViewChanges(), self._marks(lease)
        ):
            self._caught_up.add(lease.source.partition)

    def _marks(self, lease: Lease) -> tuple[Mark, ...]:
        if lease.source.partition in self._caught_up:
            return ()
        partition, partitions = lease.source.partition, self._topic.partitions
        return tuple(Mark(view.name, partition, partitions, view.ready_key) for view in self._views.values())

    def _fold(self, missing: Missed, todo: Sequence[Event], stored: Mapping[Place, tuple[int, bytes]]) -> ViewChanges:
        changes, shown = ViewChanges(), dict[Place, _Shown]()
        for event in todo:
            for view in self._views.values():
                place = (view.name, event.meta.aggregate_id)
                try:
                    now = shown.get(place) or _Shown.of(view, self._decoders[view.name], stored[place])
                    following = events.is_next(event, now.version)
                    if following is None:
                        missing.gap(event, now.version)
                    elif following and event.message is None:
                        missing.newer(event)
                    elif following:
                        now.take(view, event, changes)
                        shown[place] = now
                except Exception as error:
                    missing.broken(event, view.name, error)
        for (view, aggregate), now in shown.items():
            now.write(view, aggregate, changes)
        self._tell(shown, changes)
        return changes

    def _tell(self, shown: Iterable[Place], changes: ViewChanges) -> None:
        """Adds a notice for each live view: which documents the batch has changed."""
        for view in self._views.values():
            changed = [aggregate for name, aggregate in shown if name == view.name] if view.live else []
            if changed:
                changes.tell(view.name, changed)


class _Shown:
    """A document on its way through a batch. before: how it was found before the batch. after, body: how it is found, and its
    JSON, after the events so far.

    stored: its JSON as it was read; empty where nothing of it may stay. first: the document that was made of that.
    """

    __slots__ = ("after", "before", "body", "document", "first", "stored", "version")

    def __init__(self, version: int, document: Any, before: "_FoundBy", stored: bytes) -> None:
        self.version, self.document, self.before = version, document, before
        self.after, self.body = before, b""
        self.first, self.stored = document, stored

    @classmethod
    def of(cls, view: View[Any, Any], decoder: msgspec.json.Decoder[Any], stored: tuple[int, bytes]) -> "_Shown":
        version, body = stored
        document = decoder.decode(body) if body else None
        return cls(version, document, _FoundBy.of(view, document), body)

    def take(self, view: View[Any, Any], event: Event, changes: ViewChanges) -> None:
        """Applies an event. Raises what the view raises, or where its document cannot be written; then nothing has changed."""
        shown, sides = view.show(self.document, event.message, event.meta), ViewChanges()
        document = shown.document
        after, body = _FoundBy.of(view, document), b"" if document is None else _encode(document)
        for name in shown.drop:
            sides.drop(name)
        for side in shown.put:
            sides.put(side.name, side.value, side.expires_at)
        changes.lines.extend(sides.lines)
        self.document, self.version, self.after, self.body = document, event.meta.version, after, body
        if document is None or unknown_fields.erases(type(event.message)):
            self.stored = b""

    def write(self, name: str, aggregate: str, changes: ViewChanges) -> None:
        body = unknown_fields.kept(self.stored, _encode(self.first), self.body) if self.stored else self.body
        changes.document(name, aggregate, self.version, body)
        before, after = self.before.indexes, self.after.indexes
        for index in before.keys() - after.keys():
            changes.leave(index, aggregate)
        for index, score in after.items():
            if before.get(index) != score:
                changes.enter(index, aggregate, score)
        for part in self.before.parts.keys() - self.after.parts.keys():
            changes.leave(*part)
        for part in self.after.parts.items() - self.before.parts.items():
            changes.enter(*part[0], part[1])
        changes.characterize(self.before.traits, self.after.traits)


class _FoundBy(NamedTuple):
    """What a document is found by, other than its id. indexes: sorted set → score. parts: likewise of parts of it. traits: for
    searches, None for none."""

    indexes: Mapping[str, float]
    parts: Mapping[PartOf, float]
    traits: Traits | None

    @classmethod
    def of(cls, view: View[Any, Any], document: Any) -> "_FoundBy":
        if document is None:
            return cls({}, {}, None)
        return cls(view.indexes(document), view.parts(document), view.traits(document))

"""The views of one topic: which of their generations this process can write, where these stand in each partition, and how a
batch of events is written into them.

A process can write the generations whose documents have the form that its code makes (View.form): usually the one that
readers use, and at times another one that is being built.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from agents.runtime.reading.events import Event
from agents.runtime.reading.folding import Folding, Stored
from agents.runtime.reading.missed import Missed
from agents.runtime.transport.lease import Lease
from stores.kafka.growth import Counts
from stores.protocol import Source
from stores.redis.generations import Generation, GenerationsRecord, ViewGenerations
from stores.redis.projection import Move, ProjectionStore
from topics import keys
from topics.deciding.projection import View
from topics.messages.topic import Topic

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ViewPartition:
    """One generation of a view, in one partition of the topic. record: the view's record, which names the generation.

    floor: None where it has none: it has not begun there, or Redis has lost it. waits: the topic was raised, and this
    generation does not show all events yet that the partition's keys have in the partition where they were before. It must not
    go on until then, or it would show events out of their order."""

    view: View[Any, Any]
    record: GenerationsRecord
    generation: Generation
    partition: int
    floor: int | None = None
    waits: bool = False

    @property
    def tag(self) -> str:
        return self.generation.tag

    @property
    def usable_floor(self) -> int | None:
        """The floor. None also if the generation must not go on from it yet."""
        return None if self.waits else self.floor

    @property
    def is_being_built(self) -> bool:
        return self.generation is self.record.now.next

    @property
    def has_lost_its_floor(self) -> bool:
        """Whether readers use it, its floor is gone, and nothing is being built instead."""
        return self.floor is None and not self.is_being_built and self.record.now.next is None

    @property
    def is_new_partition(self) -> bool:
        """Whether the topic got this partition after the generation had begun."""
        return self.partition >= self.generation.partitions

    @property
    def floor_key(self) -> str:
        return self.floor_key_in(self.partition)

    def floor_key_in(self, partition: int) -> str:
        return self._floor_key_of(self.generation, partition)

    @property
    def other(self) -> Generation | None:
        """The view's other generation: of the one that is being built the live one, and the other way round."""
        return self.record.now.live if self.is_being_built else self.record.now.next

    @property
    def other_floor_key(self) -> str:
        """Empty if there is no other generation."""
        return "" if self.other is None else self._floor_key_of(self.other, self.partition)

    @property
    def missed_key(self) -> str:
        of = self.generation
        return keys.missed(self.view.name, of.tag, of.group, of.topic, self.partition)

    @property
    def shown_up_to_key(self) -> str:
        of = self.generation
        return keys.shown_up_to(self.view.name, of.tag, of.group, of.topic, self.partition)

    @property
    def place(self) -> tuple[str, str, int]:
        """(view, tag, partition)."""
        return self.view.name, self.tag, self.partition

    def document(self, aggregate: str) -> str:
        """Its key."""
        return keys.in_generation(keys.document(self.view.name, aggregate), self.tag)

    def _floor_key_of(self, generation: Generation, partition: int) -> str:
        return keys.floor(self.view.name, generation.tag, generation.group, generation.topic, partition)


@dataclass(frozen=True, slots=True)
class ViewMoment:
    """What a look found in one partition. parts: the generations that this process can write. documents: (view, tag) → those of
    the aggregates that were asked for. unknown: whether a view has no generation at all, since Redis has lost its record.
    """

    parts: Sequence[ViewPartition]
    documents: Mapping[tuple[str, str], Stored]
    unknown: bool

    @property
    def floors(self) -> list[int]:
        """Of the generations that have one."""
        return [part.floor for part in self.parts if part.floor is not None]

    @property
    def usable_floors(self) -> list[int]:
        """Of the generations that may go on."""
        return [part.usable_floor for part in self.parts if part.usable_floor is not None]

    @property
    def lost(self) -> bool:
        """Whether Redis has lost the record or the floor of one of these views."""
        return (
            self.unknown or any(part.has_lost_its_floor for part in self.parts) or bool(self.parts and not self.floors)
        )

    def stored(self, part: ViewPartition) -> Stored:
        return self.documents[part.view.name, part.tag]

    def find(self, view: str, tag: str) -> ViewPartition | None:
        """None if the generation has ended, or this process cannot write it."""
        return next((part for part in self.parts if (part.view.name, part.tag) == (view, tag)), None)


class TopicViews:
    """Of one topic, in one consumer group. The records of the views are kept from look to look, and read anew by each: so a
    look is one round trip, but for the first one after a record has changed."""

    def __init__(
        self,
        group: str,
        topic: Topic,
        views: Sequence[View[Any, Any]],
        store: ProjectionStore,
        generations: ViewGenerations,
        counts: Counts,
    ) -> None:
        self.topic = topic
        self._counts = counts
        self.group = group
        self.views = {view.name: view for view in views}
        # View.form takes a millisecond to work out.
        self._forms = {view.name: view.form for view in views}
        self._foldings = {view.name: Folding(view) for view in views}
        self._store = store
        self._generations = generations
        self._records = {name: GenerationsRecord.of(name, None) for name in self.views}
        # Places that this process has told Redis to have caught up (topics.keys.caught_up).
        self._caught_up: set[tuple[str, str, int]] = set()

    @property
    def forms(self) -> Mapping[str, str]:
        """View → the form that this process writes."""
        return self._forms

    async def ensure_floors(self, source: Source, earliest: int) -> None:
        """Begins a generation of each view that has none or has lost its floor, and gives each that is being built a floor in
        the partition. Does nothing for a view that another release keeps. earliest: offset of a new floor."""
        self._caught_up = {place for place in self._caught_up if place[2] != source.partition}
        missing = True
        while missing:  # each change of a record is seen by the next look only
            moment = await self.look(source, ())
            missing = False
            for name in self.views:
                parts = [part for part in moment.parts if part.view.name == name]
                missing = await self._begin_missing(name, parts, earliest) or missing

    async def begin_generation(self, record: GenerationsRecord) -> None:
        """In the form of this process. Does nothing if the record has changed since it was read."""
        form = self._forms[record.view]
        await self._generations.begin(record, form, self.group, self.topic.name, self._counts.of(self.topic))

    async def _begin_missing(self, name: str, parts: Sequence[ViewPartition], earliest: int) -> bool:
        """Returns whether something was missing."""
        record = self._records[name]
        if record.now.live is None and record.now.next is None:
            log.info("view_begins", view=name, why="Redis has no generation of it")
            await self.begin_generation(record)
        elif any(part.is_new_partition for part in parts):
            await self._widen(parts)
        elif any(part.has_lost_its_floor for part in parts):
            log.warning("view_begins", view=name, why="its floor is lost")
            await self.begin_generation(record)
        else:
            return await self._begin_floors(parts, earliest)
        return True

    async def _begin_floors(self, parts: Sequence[ViewPartition], earliest: int) -> bool:
        missing = [part for part in parts if part.is_being_built and part.floor is None]
        for part in missing:
            await self.set_floor(part, earliest)
        return bool(missing)

    async def _widen(self, parts: Sequence[ViewPartition]) -> None:
        """The topic was raised after these generations had begun. Each new partition is read from its first message on."""
        for part in parts:
            for partition in range(part.generation.partitions, self._counts.of(self.topic)):
                await self._generations.set_floor(part.record, part.generation, partition, 0)
        await self._generations.widen(parts[0].record, self._counts.of(self.topic))

    async def set_floor(self, part: ViewPartition, offset: int) -> None:
        """Does nothing if it has one, or if the view's record has changed."""
        await self._generations.set_floor(part.record, part.generation, part.partition, offset)

    async def floors_to_follow(self, view: str) -> list[tuple[int, str]]:
        """(partition, tag) of the generations of the view that this process can write: where they have a floor, or are to get
        one."""
        record = (await self._generations.read([view]))[view]
        found: list[tuple[int, str]] = []
        for generation in record.now.of_form(self._forms[view]):
            floors = await self._generations.floors(view, generation)
            is_being_built = generation is record.now.next
            found += [(p, generation.tag) for p, floor in enumerate(floors) if floor is not None or is_being_built]
        return found

    async def find(self, source: Source, view: str, tag: str) -> ViewPartition | None:
        """None if the generation has ended, or this process cannot write it."""
        return (await self.look(source, ())).find(view, tag)

    async def look(self, source: Source, aggregates: Sequence[str]) -> ViewMoment:
        """Everything that a batch with events of these aggregates needs."""
        parts, documents = await self._load([source.partition], aggregates)
        stored: dict[tuple[str, str], Stored] = {}
        for number, part in enumerate(parts):
            own = documents[number * len(aggregates) : (number + 1) * len(aggregates)]
            stored[part.view.name, part.tag] = dict(zip(aggregates, own, strict=True))
        return ViewMoment(parts, stored, self._unknown)

    async def look_at_floors(self, partitions: Sequence[int]) -> dict[int, ViewMoment]:
        """Partition → a look without documents. It shares its round trip with other topics of this process that call this in
        the same iteration of the event loop."""
        parts, _ = await self._load(partitions, (), together=True)
        return {p: ViewMoment([part for part in parts if part.partition == p], {}, self._unknown) for p in partitions}

    async def _load(
        self, partitions: Sequence[int], aggregates: Sequence[str], *, together: bool = False
    ) -> tuple[list[ViewPartition], list[tuple[int, bytes]]]:
        """The parts with their floors; and for each part the documents of the aggregates, in their order. together: see
        ProjectionStore.load."""
        while True:
            records = self._records  # the look of another partition may replace them while this one waits
            parts = [part for partition in partitions for part in self._parts(partition)]
            documents = [part.document(each) for part in parts for each in aggregates]
            # For each part: where its keys were before the topic was raised, and the offset at which they left; else None.
            older = [self._counts.before(self.topic.name, part.partition) for part in parts]
            floors = [part.floor_key for part in parts]
            floors += [part.floor_key_in(at[0]) for part, at in zip(parts, older, strict=True) if at is not None]
            found = await self._store.load(list(self.views), floors, documents, together=together)
            if all(found.records[name].raw == each.raw for name, each in records.items()):
                break
            self._records = found.records  # a record has changed, so other keys are to be read
        values = iter(found.floors)  # first those of `parts`, then those of `older`
        parts = [replace(part, floor=next(values)) for part in parts]
        ends = [None if at is None else at[1] for at in older]
        waits = [end is not None and (next(values) or 0) < end for end in ends]
        return [replace(part, waits=each) for part, each in zip(parts, waits, strict=True)], found.documents

    @property
    def _unknown(self) -> bool:
        return any(record.now.live is None and record.now.next is None for record in self._records.values())

    def _parts(self, partition: int) -> Iterable[ViewPartition]:
        """Without floors."""
        for name, record in self._records.items():
            view = self.views[name]
            for generation in record.now.of_form(self._forms[name]):
                yield ViewPartition(view, record, generation, partition)

    async def go_back_for_missed(self, part: ViewPartition, code: str) -> tuple[int | None, bool]:
        """Moves the floor back to the first event that other code could not apply, if there is one. Returns the floor then,
        else None; and whether events are missing that this code could not apply. code: see missed.running_code."""
        return await self._store.again(part.floor_key, part.missed_key, part.shown_up_to_key, code)

    async def keep_missed(self, part: ViewPartition, missing: Missed, code: str) -> None:
        """Stores the first event that could not be applied, for other code. To be called before the floor moves."""
        if missing.first is not None:
            await self._store.miss(part.missed_key, missing.first, code)

    def move(
        self, part: ViewPartition, missing: Missed, found: Sequence[Event], stored: Stored, after: int, end: int
    ) -> Move:
        """What the generation writes to go on from its floor over these events to offset `after`. What could not be applied is
        entered into `missing`. stored: the documents before. end: where the log ended when the partition was opened."""
        assert part.floor is not None
        todo = [event for event in found if event.arrival.offset >= part.floor]
        changes = self._foldings[part.view.name].fold(missing, part.tag, todo, stored)
        caught_up = after >= end and part.place not in self._caught_up
        tag = part.other.tag if part.other else ""
        return Move(part.floor_key, part.floor, after, part.partition, changes, part.other_floor_key, caught_up, tag)

    async def write(self, moves: Sequence[Move], parts: Sequence[ViewPartition]) -> bool:
        """Writes all moves, of these parts, or none. False: a floor has moved meanwhile. Switches readers to each generation
        that is complete then."""
        if not await self._store.apply(moves):
            return False
        self._caught_up.update((m.changes.view, m.changes.tag, m.partition) for m in moves if m.caught_up)
        for part in parts:
            caught_up = part.place in self._caught_up
            if part.is_being_built and caught_up and await self._generations.switch(part.record):
                log.info("view_switched", view=part.view.name, generation=part.tag)
        return True

    def has_dead_letters(self, part: ViewPartition) -> bool:
        """Whether the dead letters of what it cannot show are published already: a live generation of the same form could not
        show it either."""
        live = part.record.now.live
        return part.is_being_built and live is not None and live.form == part.generation.form

    async def mark_caught_up(self, source: Source, end: int) -> None:
        """Tells Redis which generations have reached `end` in the partition. A batch does so otherwise, but none may come."""
        for part in (await self.look(source, ())).parts:
            if part.floor is not None and part.floor >= end:
                # Write the mark again: Redis may have lost it, and the generation may have begun anew under the same tag.
                self._caught_up.discard(part.place)
                await self.write([self.move(part, Missed(Lease(source)), (), {}, part.floor, end)], [part])

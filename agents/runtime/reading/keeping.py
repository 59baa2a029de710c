"""The generations of a topic's views that this process can write, and how each goes through a batch."""

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
from stores.redis.generations import Generation, Known, ViewGenerations
from stores.redis.projection import Move, ProjectionStore
from topics import keys
from topics.deciding.projection import View
from topics.messages.topic import Topic

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation of a view in one partition. floor: None where it has none yet, or none any more.

    waits: it has not shown all older events of the partition's keys, which stand where they were before a raise.
    """

    view: View[Any, Any]
    known: Known
    generation: Generation
    partition: int
    floor: int | None = None
    waits: bool = False

    @property
    def tag(self) -> str:
        return self.generation.tag

    @property
    def free(self) -> int | None:
        """The floor, if it may go on from there."""
        return None if self.waits else self.floor

    @property
    def is_next(self) -> bool:
        return self.generation is self.known.now.next

    @property
    def lost(self) -> bool:
        """Whether a floor that stood has gone, and nothing is being built instead."""
        return self.floor is None and not self.is_next and self.known.now.next is None

    @property
    def is_new_partition(self) -> bool:
        return self.partition >= self.generation.partitions

    @property
    def floor_key(self) -> str:
        return self.floor_key_in(self.partition)

    def floor_key_in(self, partition: int) -> str:
        return self._floor_of(self.generation, partition)

    @property
    def other(self) -> Generation | None:
        return self.known.now.live if self.is_next else self.known.now.next

    @property
    def other_floor_key(self) -> str:
        return "" if self.other is None else self._floor_of(self.other, self.partition)

    @property
    def missed_key(self) -> str:
        of = self.generation
        return keys.missed(self.view.name, of.tag, of.group, of.topic, self.partition)

    @property
    def shown_up_to_key(self) -> str:
        of = self.generation
        return keys.shown_up_to(self.view.name, of.tag, of.group, of.topic, self.partition)

    def document(self, aggregate: str) -> str:
        return keys.in_generation(keys.document(self.view.name, aggregate), self.tag)

    def _floor_of(self, one: Generation, partition: int) -> str:
        return keys.floor(self.view.name, one.tag, one.group, one.topic, partition)


@dataclass(frozen=True, slots=True)
class Looked:
    """kept: with their floors. documents: of each of them. unknown: views without any generation: Redis has lost them."""

    kept: Sequence[Kept]
    documents: Mapping[tuple[str, str], Stored]
    unknown: bool

    @property
    def floors(self) -> list[int]:
        """Those that stand."""
        return [one.floor for one in self.kept if one.floor is not None]

    @property
    def free(self) -> list[int]:
        """Those that may go on."""
        return [one.free for one in self.kept if one.free is not None]

    @property
    def lost(self) -> bool:
        """Whether Redis has lost what it had of these views."""
        return self.unknown or any(one.lost for one in self.kept) or bool(self.kept and not self.floors)

    def stored(self, one: Kept) -> Stored:
        return self.documents[one.view.name, one.tag]

    def one(self, view: str, tag: str) -> Kept | None:
        """None if it is not wanted any more."""
        return next((each for each in self.kept if (each.view.name, each.tag) == (view, tag)), None)


class Keeping:
    """All views of one topic, in one consumer group."""

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
        self._views = {view.name: view for view in views}
        self._forms = {view.name: view.form for view in views}  # a form takes a millisecond to tell
        self._foldings = {view.name: Folding(view) for view in views}
        self._store = store
        self._generations = generations
        self._known = {name: Known.of(name, None) for name in self._views}
        self._marked: set[tuple[str, str, int]] = set()

    async def begin(self, source: Source, earliest: int) -> None:
        """Sees to it that each view has a generation of this release with a floor in the partition, where no other release has
        begun one. earliest: offset of a floor that does not exist yet."""
        self._marked = {mark for mark in self._marked if mark[2] != source.partition}
        begun = True
        while begun:
            found = await self.look(source, ())
            begun = False
            for name in self._views:
                kept = [one for one in found.kept if one.view.name == name]
                begun = await self._begin(name, kept, earliest) or begun

    @property
    def forms(self) -> Mapping[str, str]:
        """View → the form that this process writes."""
        return self._forms

    async def begin_own(self, known: Known) -> None:
        """A generation in the form of this process begins, if the record is still as it was read."""
        form = self._forms[known.view]
        await self._generations.begin(known, form, self.group, self.topic.name, self._counts.of(self.topic))

    async def _begin(self, name: str, kept: Sequence[Kept], earliest: int) -> bool:
        """Returns whether something was missing."""
        known = self._known[name]
        if known.now.live is None and known.now.next is None:
            log.info("view_begins", view=name, why="Redis has no generation of it")
            await self.begin_own(known)
        elif any(one.is_new_partition for one in kept):
            await self._widen(kept)
        elif any(one.lost for one in kept):
            log.warning("view_begins", view=name, why="its floor is lost")
            await self.begin_own(known)
        else:
            return await self._begin_floors(kept, earliest)
        return True

    async def _begin_floors(self, kept: Sequence[Kept], earliest: int) -> bool:
        missing = [one for one in kept if one.is_next and one.floor is None]
        for one in missing:
            await self.set_floor(one, earliest)
        return bool(missing)

    async def _widen(self, kept: Sequence[Kept]) -> None:
        """The topic has more partitions than when these began: they are new, so they are read from their first message on."""
        for one in kept:
            for partition in range(one.generation.partitions, self._counts.of(self.topic)):
                await self._generations.set_floor(one.known, one.generation, partition, 0)
        await self._generations.widen(kept[0].known, self._counts.of(self.topic))

    async def set_floor(self, one: Kept, offset: int) -> None:
        await self._generations.set_floor(one.known, one.generation, one.partition, offset)

    async def begun(self, view: str) -> list[tuple[int, str]]:
        """(partition, tag) of the generations of the view that this process can write: where they have a floor, or need one."""
        known = (await self._generations.read([view]))[view]
        found: list[tuple[int, str]] = []
        for generation in known.now.of_form(self._forms[view]):
            floors = await self._generations.floors(view, generation)
            missing = generation is known.now.next
            found += [(p, generation.tag) for p, floor in enumerate(floors) if floor is not None or missing]
        return found

    async def one(self, source: Source, view: str, tag: str) -> Kept | None:
        """A generation as it stands in a partition; None if it is not wanted any more."""
        return (await self.look(source, ())).one(view, tag)

    async def look(self, source: Source, aggregates: Sequence[str]) -> Looked:
        """Everything that a batch needs, in one round trip while the generations stay the same."""
        kept, documents = await self._load([source.partition], aggregates)
        stored: dict[tuple[str, str], Stored] = {}
        for number, one in enumerate(kept):
            part = documents[number * len(aggregates) : (number + 1) * len(aggregates)]
            stored[one.view.name, one.tag] = dict(zip(aggregates, part, strict=True))
        return Looked(kept, stored, self._unknown)

    async def stand(self, partitions: Sequence[int]) -> dict[int, Looked]:
        """Where all generations stand in these partitions, without documents. One round trip for all topics of the process that
        are asked for in the same turn of the loop."""
        kept, _ = await self._load(partitions, (), together=True)
        return {p: Looked([one for one in kept if one.partition == p], {}, self._unknown) for p in partitions}

    async def _load(
        self, partitions: Sequence[int], aggregates: Sequence[str], *, together: bool = False
    ) -> tuple[list[Kept], list[tuple[int, bytes]]]:
        while True:
            known = self._known  # another partition's look may change it meanwhile
            kept = [one for partition in partitions for one in self._kept(partition)]
            documents = [one.document(each) for one in kept for each in aggregates]
            older = [self._counts.before(self.topic.name, one.partition) for one in kept]
            floors = [one.floor_key for one in kept]
            # After them those of the partitions where older events of the same keys stand.
            floors += [one.floor_key_in(at[0]) for one, at in zip(kept, older, strict=True) if at is not None]
            found = await self._store.load(list(self._views), floors, documents, together=together)
            if all(found.known[name].raw == each.raw for name, each in known.items()):
                break
            self._known = found.known
        stand = iter(found.floors)
        kept = [replace(one, floor=next(stand)) for one in kept]
        ends = [None if at is None else at[1] for at in older]
        waits = [end is not None and (next(stand) or 0) < end for end in ends]
        return [replace(one, waits=each) for one, each in zip(kept, waits, strict=True)], found.documents

    @property
    def _unknown(self) -> bool:
        return any(known.now.live is None and known.now.next is None for known in self._known.values())

    def _kept(self, partition: int) -> Iterable[Kept]:
        for name, known in self._known.items():
            view = self._views[name]
            for generation in known.now.of_form(self._forms[name]):
                yield Kept(view, known, generation, partition)

    async def again(self, one: Kept, code: str) -> tuple[int | None, bool]:
        """The floor goes back to the first event that other code could not apply, if there is one. Returns the floor then, and
        whether events are missing that this code could not apply."""
        return await self._store.again(one.floor_key, one.missed_key, one.shown_up_to_key, code)

    async def miss(self, one: Kept, missing: Missed, code: str) -> None:
        """Keeps what could not be applied, for other code. Called before the floor moves."""
        if missing.first is not None:
            await self._store.miss(one.missed_key, missing.first, code)

    def move(self, one: Kept, missing: Missed, found: Sequence[Event], stored: Stored, after: int, end: int) -> Move:
        """How a generation goes on from its floor over these events to offset `after`. missing: is told what cannot be shown.
        end: where the log ended at the opening."""
        assert one.floor is not None
        todo = [event for event in found if event.arrival.offset >= one.floor]
        changes = self._foldings[one.view.name].fold(missing, one.tag, todo, stored)
        caught_up = after >= end and (one.view.name, one.tag, one.partition) not in self._marked
        tag = one.other.tag if one.other else ""
        return Move(one.floor_key, one.floor, after, one.partition, changes, one.other_floor_key, caught_up, tag)

    async def write(self, moves: Sequence[Move], kept: Sequence[Kept]) -> bool:
        """False: a floor was another; nothing is written. Where a generation is complete now, readers are switched to it."""
        if not await self._store.apply(moves):
            return False
        self._marked.update((m.changes.view, m.changes.tag, m.partition) for m in moves if m.caught_up)
        for one in kept:
            reached = (one.view.name, one.tag, one.partition) in self._marked
            if one.is_next and reached and await self._generations.switch(one.known):
                log.info("view_switched", view=one.view.name, generation=one.tag)
        return True

    def repeated(self, one: Kept) -> bool:
        """Whether the live generation is of the same form: what this one cannot show became a dead letter before."""
        live = one.known.now.live
        return one.is_next and live is not None and live.form == one.generation.form

    async def mark(self, source: Source, end: int) -> None:
        """Says of the generations that have caught up that they have, where no event comes that would say it."""
        ready = [one for one in (await self.look(source, ())).kept if one.floor is not None and one.floor >= end]
        for one in ready:
            # Redis may have lost the mark, and begun again with the same tag.
            self._marked.discard((one.view.name, one.tag, one.partition))
            await self.write([self.move(one, Missed(Lease(source)), (), {}, one.floor or 0, end)], [one])

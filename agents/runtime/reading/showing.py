"""Project into Redis: makes the documents, indexes and side keys of views from a topic's events. One script writes them
together with the floors.

A view may have two generations at once: the one that readers use, and one that is being built (decision 036). Of the
generations of all views of the topic, the one with the highest floor says where the partition is read. A batch writes those
that have come so far; the others are built beside it (building.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.runtime.arrivals import Arrival
from agents.runtime.committing.floor import progress_at
from agents.runtime.reading import events, missed
from agents.runtime.reading.building import Building, OpenReader
from agents.runtime.reading.events import Event
from agents.runtime.reading.missed import Missed
from agents.runtime.reading.tending import Tending
from agents.runtime.reading.topic_views import TopicViews, ViewPartition
from agents.runtime.reading.turns import Turns
from agents.runtime.sending.placing import dead_letters
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Batch, Lease, NotYet, Reopen
from stores.errors import Conflict
from stores.kafka.growth import Counts
from stores.redis.generations import ViewGenerations
from stores.redis.projection import Move, ProjectionStore
from topics.deciding.projection import View
from topics.messages.topic import Topic

_TRIES = 5  # of a write: it fails where another process, or reading/building.py, has moved the floor meanwhile


class Showing:
    """The work (agents.runtime.transport.work.Work) of all views of one topic. tending: what there is to do in the background.

    group: the consumer group. code: see missed.running_code. turns: of the process.
    """

    def __init__(
        self,
        group: str,
        topic: Topic,
        views: Sequence[View[Any, Any]],
        store: ProjectionStore,
        generations: ViewGenerations,
        publisher: Publisher,
        open_reader: OpenReader,
        code: str = "",
        counts: Counts | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._topic = topic
        self._views = TopicViews(group, topic, views, store, generations, counts or Counts())
        self._publisher = publisher
        self._turns = turns or Turns()
        self._building = Building(open_reader, self._views, self.apply)
        self._leases: dict[int, Lease] = {}
        self._code = code or missed.running_code()
        self.tending = Tending(self._views, generations, self._building, self._leases)

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._views.ensure_floors(lease.source, earliest)
        await self._go_back_for_missed(lease)
        await self._views.mark_caught_up(lease.source, lease.end)
        moment = await self._views.look(lease.source, ())
        if moment.floors and not moment.usable_floors:
            raise NotYet(_OLDER)
        # Without any, a process of another release keeps these views.
        lease.next = max(moment.usable_floors, default=lease.end)
        self._leases[lease.source.partition] = lease

    async def _go_back_for_missed(self, lease: Lease) -> None:
        for part in (await self._views.look(lease.source, ())).parts:
            missed.opened(lease, *await self._views.go_back_for_missed(part, self._code))

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Notices that Redis has lost its data, or the last second of it, where no event comes that would show it; and that a
        generation is to be built."""
        lost: dict[Lease, str] = {}
        standing = await self._views.look_at_floors([lease.source.partition for lease in leases])
        for lease in leases:
            found = standing[lease.source.partition]
            floors = found.floors
            if found.lost:
                lost[lease] = _LOST
            elif floors and max(floors) < lease.next:
                lost[lease] = f"Redis has lost what it had: its floor is {max(floors)}, {lease.next} was done"
            else:
                self._build_what_lies_behind(lease, found.parts, lease.next)
        return lost

    async def close(self, lease: Lease) -> None:
        """Does nothing: there is no outbox."""

    async def run(self, batch: Batch) -> None:
        found, bad = events.read(self._topic, batch, 0)
        for _ in range(_TRIES):
            async with self._turns.turn(self._topic.name):
                done = await self._run(batch, found, bad)
            if done:
                return
        raise Conflict(f"{batch.lease.source}: the floor moved under the batch")

    async def _run(self, batch: Batch, found: Sequence[Event], bad: Sequence[Arrival]) -> bool:
        moment = await self._views.look(batch.lease.source, events.aggregates(found))
        if moment.lost:
            raise Reopen(_LOST)
        if not moment.floors:
            return True  # a process of another release keeps these views
        if not moment.usable_floors:
            raise Reopen(_OLDER)
        farthest = max(moment.usable_floors)
        progress_at(batch, farthest)
        begin = min(farthest, batch.first)
        self._build_what_lies_behind(batch.lease, moment.parts, begin)
        moving = [
            part for part in moment.parts if part.usable_floor is not None and begin <= part.usable_floor < batch.next
        ]
        moves, dead = list[Move](), [(arrival, farthest) for arrival in bad]
        for part in moving:
            missing = Missed(batch.lease)
            moves.append(self._views.move(part, missing, found, moment.stored(part), batch.next, batch.lease.end))
            await self._views.keep_missed(part, missing, self._code)
            dead += [(arrival, part.floor or 0) for arrival in missing.dead]
        if not moves:
            return True
        await self._bury(batch.lease, [arrival for arrival, floor in dead if arrival.offset >= floor])
        return await self._views.write(moves, moving)

    def _build_what_lies_behind(self, lease: Lease, parts: Sequence[ViewPartition], begin: int) -> None:
        """begin: the offset from which the next batch goes on."""
        for part in parts:
            if part.floor < begin if part.floor is not None else part.is_being_built:
                self._building.ensure(lease, part.view.name, part.tag)

    async def apply(self, batch: Batch, view: str, tag: str) -> int | None:
        """Writes one generation that lies behind, from its floor to the end of the batch. Returns its floor then; None if it
        has ended. Nothing is written if its floor is not in the batch."""
        lease = batch.lease
        found, bad = events.read(self._topic, batch, 0)
        moment = await self._views.look(lease.source, events.aggregates(found))
        part = moment.find(view, tag)
        if part is None or part.usable_floor is None or not batch.first <= part.usable_floor < batch.next:
            return None if part is None else part.floor
        missing = Missed(lease)
        move = self._views.move(part, missing, found, moment.stored(part), batch.next, lease.end)
        await self._views.keep_missed(part, missing, self._code)
        if not self._views.has_dead_letters(part):
            floor = part.usable_floor
            await self._bury(lease, [arrival for arrival in (*bad, *missing.dead) if arrival.offset >= floor])
        return batch.next if await self._views.write([move], [part]) else part.floor

    async def _bury(self, lease: Lease, dead: Sequence[Arrival]) -> None:
        """Publishes dead letters before the floor moves: a kill between the two repeats them, and loses none."""
        once = list({arrival.offset: arrival for arrival in dead}.values())
        if once:
            await self._publisher.publish(dead_letters(lease, self._topic, once))


_OLDER = "older events of the same keys, in the partition where they were before a raise, are not shown yet"
_LOST = "Redis has lost the floor: the views are built again"

"""Project into Redis: makes the documents, indexes and side keys of views from a topic's events. One script writes them
together with the floors.

A view may have two generations at once: the one that readers use, and one that is being built (decision 036). The partition is
read where the farther one stands; what lies behind is brought up beside it (building.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.runtime.arrivals import Arrival
from agents.runtime.committing.floor import progress_at
from agents.runtime.reading import events, missed
from agents.runtime.reading.building import Building, Replays
from agents.runtime.reading.events import Event
from agents.runtime.reading.keeping import Keeping, Kept
from agents.runtime.reading.missed import Missed
from agents.runtime.reading.tending import Tending
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
        replays: Replays,
        code: str = "",
        counts: Counts | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._topic = topic
        self._keeping = Keeping(group, topic, views, store, generations, counts or Counts())
        self._publisher = publisher
        self._turns = turns or Turns()
        self._building = Building(replays, self._keeping, self.bring)
        self._leases: dict[int, Lease] = {}
        self._code = code or missed.running_code()
        self.tending = Tending(self._keeping, generations, self._building, self._leases)

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._keeping.begin(lease.source, earliest)
        await self._again(lease)
        await self._keeping.mark(lease.source, lease.end)
        looked = await self._keeping.look(lease.source, ())
        if looked.floors and not looked.free:
            raise NotYet(_OLDER)
        # Without any, a process of another release keeps these views.
        lease.next = max(looked.free, default=lease.end)
        self._leases[lease.source.partition] = lease

    async def _again(self, lease: Lease) -> None:
        for one in (await self._keeping.look(lease.source, ())).kept:
            missed.opened(lease, *await self._keeping.again(one, self._code))

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Notices that Redis has lost its data, or the last second of it, where no event comes that would show it; and that a
        generation is to be built."""
        lost: dict[Lease, str] = {}
        standing = await self._keeping.stand([lease.source.partition for lease in leases])
        for lease in leases:
            found = standing[lease.source.partition]
            floors = found.floors
            if found.lost:
                lost[lease] = _LOST
            elif floors and max(floors) < lease.next:
                lost[lease] = f"Redis has lost what it had: its floor is {max(floors)}, {lease.next} was done"
            else:
                self._build(lease, found.kept, lease.next)
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
        looked = await self._keeping.look(batch.lease.source, events.aggregates(found))
        if looked.lost:
            raise Reopen(_LOST)
        if not looked.floors:
            return True  # a process of another release keeps these views
        if not looked.free:
            raise Reopen(_OLDER)
        farthest = max(looked.free)
        progress_at(batch, farthest)
        begin = min(farthest, batch.first)
        self._build(batch.lease, looked.kept, begin)
        moving = [one for one in looked.kept if one.free is not None and begin <= one.free < batch.next]
        moves, dead = list[Move](), [(arrival, farthest) for arrival in bad]
        for one in moving:
            missing = Missed(batch.lease)
            moves.append(self._keeping.move(one, missing, found, looked.stored(one), batch.next, batch.lease.end))
            await self._keeping.miss(one, missing, self._code)
            dead += [(arrival, one.floor or 0) for arrival in missing.dead]
        if not moves:
            return True
        await self._bury(batch.lease, [arrival for arrival, floor in dead if arrival.offset >= floor])
        return await self._keeping.write(moves, moving)

    def _build(self, lease: Lease, kept: Sequence[Kept], begin: int) -> None:
        for one in kept:
            if one.floor < begin if one.floor is not None else one.is_next:
                self._building.ensure(lease, one.view.name, one.tag)

    async def bring(self, batch: Batch, view: str, tag: str) -> int | None:
        """Brings one generation on by a batch. Returns its floor then; None if it is not wanted any more."""
        lease = batch.lease
        found, bad = events.read(self._topic, batch, 0)
        looked = await self._keeping.look(lease.source, events.aggregates(found))
        one = looked.one(view, tag)
        if one is None or one.free is None or not batch.first <= one.free < batch.next:
            return None if one is None else one.floor
        missing = Missed(lease)
        move = self._keeping.move(one, missing, found, looked.stored(one), batch.next, lease.end)
        await self._keeping.miss(one, missing, self._code)
        if not self._keeping.repeated(one):
            floor = one.free
            await self._bury(lease, [arrival for arrival in (*bad, *missing.dead) if arrival.offset >= floor])
        return batch.next if await self._keeping.write([move], [one]) else one.floor

    async def _bury(self, lease: Lease, dead: Sequence[Arrival]) -> None:
        """Publishes dead letters before the floor moves: a kill between the two repeats them, and loses none."""
        once = list({arrival.offset: arrival for arrival in dead}.values())
        if once:
            await self._publisher.publish(dead_letters(lease, self._topic, once))


_OLDER = "older events of the same keys, in the partition where they were before a raise, are not shown yet"
_LOST = "Redis has lost the floor: the views are built again"

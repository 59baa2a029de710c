"""Effect: does something outside for each event (a mail, a payment, a kitchen ticket). The event's id is its idempotency key.

Events are taken in chunks. The store records that a chunk has begun before it is tried, and that it has ended afterwards,
together with the commands that say its outcome. So an effect is repeated only if the process died between the two writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from agents.runtime import metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.floor import progress_of
from agents.runtime.reading import events
from agents.runtime.reading.events import Event
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import Placing, dead_letters
from agents.runtime.transport.lease import Batch, Lease, Reopen, Stopped
from stores.errors import Doubt
from stores.protocol import Changes, DomainStore, Moment, OutboxRow
from topics.deciding.decision import Send
from topics.messages import ids
from topics.messages.event import EventMeta
from topics.messages.topic import Topic

log = structlog.get_logger()

Perform = Callable[[Any, EventMeta], Awaitable[Iterable[Send]]]
"""Does the effect, and returns commands that say its outcome. Raises Doubt where the outside is down: it is tried again,
for ever. After any other exception the event becomes a dead letter."""


class Effecting(Drained):
    """The work (agents.runtime.transport.work.Work) of one effect on one topic.

    concurrency: effects of a partition at once.
    """

    def __init__(
        self, topic: Topic, domain: str, perform: Perform, store: DomainStore, drain: Drain, concurrency: int
    ) -> None:
        super().__init__(store, drain)
        self._topic = topic
        self._domain = domain
        self._perform = perform
        self._concurrency = concurrency
        self._tried: set[str] = set()  # ids that this process tried, and that ended in Doubt
        # id → outbox rows of effects that have happened and may not be recorded. Where the store is away when they are to be
        # recorded, the next try records them without doing them again.
        self._happened: dict[str, list[OutboxRow]] = {}
        # id → effect under way. If a rebalance takes a partition away and gives it back, its batch begins again while the old
        # one is still under way: both wait for the same effect.
        self._flying: dict[str, asyncio.Future[list[OutboxRow]]] = {}

    async def run(self, batch: Batch) -> None:
        lease = batch.lease
        moment = await self._store.look([lease.source])
        progress = progress_of(batch, moment.floors.get(lease.source), batch.first)
        if progress.surprised:
            await self._drain.left(lease)
        found, bad = events.read(self._topic, batch, progress.done)
        newer = next((event.arrival for event in found if event.message is None), None)
        after = batch.next if newer is None else newer.offset
        found, bad = [e for e in found if e.arrival.offset < after], [a for a in bad if a.offset < after]
        once = list({event.meta.id: event for event in found}.values())  # an outbox row may have been published twice
        for start in range(0, len(once), self._concurrency):
            await self._chunk(lease, once[start : start + self._concurrency])
        if after > progress.done:
            await self._end(lease, moment, after, bad)
        if newer is not None:
            raise Stopped(newer.offset, str(newer.error))  # no effect is left out, and none is done twice

    async def _end(self, lease: Lease, moment: Moment, after: int, bad: Sequence[Arrival]) -> None:
        """Moves the floor, if it is still as it was before the first effect, and publishes dead letters.

        Raises Doubt, Reopen.
        """
        changes = Changes(next=after, outbox=dead_letters(lease, self._topic, bad))
        await self._drain.write(moment, {lease: changes})
        await self._drain.rows(lease, changes.outbox)

    async def _chunk(self, lease: Lease, chunk: Sequence[Event]) -> None:
        """Does the effects of some events that are not done yet. Raises Reopen, or Doubt: what was done is recorded then."""
        if lease.void.is_set():
            raise Reopen("the lease ended")
        wanted = [event.meta.id for event in chunk]
        begun = await self._store.begin_effects(lease.source, lease.epoch, wanted)
        # Recorded by this process before: the answer of the store was lost, or the rows could not be published.
        recorded = any(id in self._happened for id in wanted if id not in begun)
        todo = [event for event in chunk if event.meta.id in begun]
        self._count_repeated(lease, [id for id, again in begun.items() if again])
        outcomes = await asyncio.gather(*(self._one(event) for event in todo), return_exceptions=True)
        done, rows, doubt = self._sort(lease, todo, outcomes)
        if done:
            await self._store.end_effects(lease.source, done, rows)
        for id in done:
            self._happened.setdefault(id, [])  # also those that raised, until their dead letters are published
        await (self._drain.left(lease) if recorded else self._drain.rows(lease, rows))
        for id in wanted:
            if id in done or id not in begun:
                self._happened.pop(id, None)
        if doubt is not None:
            raise doubt

    def _count_repeated(self, lease: Lease, again: Sequence[str]) -> None:
        """Counts effects that were begun before by another process: it may have been killed after they happened."""
        for id in again:
            if id not in self._tried and id not in self._happened and id not in self._flying:
                metrics.REPEATED.labels(lease.source.group).inc()
                log.warning("effect_repeated", group=lease.source.group, effect=id)

    def _sort(
        self, lease: Lease, todo: Sequence[Event], outcomes: Sequence[list[OutboxRow] | BaseException]
    ) -> tuple[list[str], list[OutboxRow], Doubt | None]:
        """Ids that are done, their outbox rows, and a Doubt where one was raised. Other exceptions become dead letters, and
        their effects are done: they are not tried again."""
        done: list[str] = []
        rows: list[OutboxRow] = []
        placing = Placing(lease.incarnation)
        doubt: Doubt | None = None
        for event, outcome in zip(todo, outcomes, strict=True):
            if isinstance(outcome, Doubt):
                doubt = outcome
                self._tried.add(event.meta.id)
                continue
            done.append(event.meta.id)
            self._tried.discard(event.meta.id)
            if isinstance(outcome, BaseException):
                log.error("effect_failed", group=lease.source.group, effect=event.meta.id, why=repr(outcome)[:200])
                why = f"{type(outcome).__name__}: {outcome}"
                outcome = [letters.dead(lease.source, self._topic, event.arrival, why, parked=False)]
            rows += placing.of(event.arrival.offset, outcome)
        return done, rows, doubt

    async def _one(self, event: Event) -> list[OutboxRow]:
        id = event.meta.id
        if id in self._happened:
            return self._happened[id]
        if id not in self._flying:
            self._flying[id] = asyncio.ensure_future(self._do(event))
            self._flying[id].add_done_callback(lambda _: self._flying.pop(id, None))
        return await asyncio.shield(self._flying[id])

    async def _do(self, event: Event) -> list[OutboxRow]:
        sends = await self._perform(event.message, event.meta)
        cause = ids.derive(event.meta.id, "effect")
        rows = [letters.sent(send, cause, event.arrival, self._domain) for send in sends]
        self._happened[event.meta.id] = rows
        return rows

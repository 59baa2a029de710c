"""Effect: does something outside for each event (a mail, a payment, a kitchen ticket). The event's id is its idempotency key.

Events are taken in chunks (agents.runtime.reading.performing). An event whose effect cannot happen now, though those of others
can, is set aside in the write that moves the floor, and tried again when it is due. Later events of its key wait behind it: the
effects of one key are tried in the order of its events, one at a time.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from agents.runtime import metrics
from agents.runtime.committing.floor import progress_of
from agents.runtime.reading import aside, events
from agents.runtime.reading.aside import NotNow
from agents.runtime.reading.due import DueEvents
from agents.runtime.reading.events import Event
from agents.runtime.reading.performing import Perform, Performing, Try
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import Placing, dead_letters
from agents.runtime.transport.lease import Batch, Lease, Reopen, Stopped
from agents.runtime.transport.passing import pass_over
from stores.errors import Conflict, Doubt
from stores.protocol import AsideRow, Changes, DomainStore, Moment, OutboxRow
from topics.messages.message import Message, Undecodable
from topics.messages.topic import Topic

log = structlog.get_logger()

_MOMENT = 0.5  # seconds that a partition gives to what is due, before it looks for new events again
# If what is due takes longer than _MOMENT, new events come first for _REST times as long as it took too long.
_REST = 3
_AGAIN = timedelta(seconds=1)  # after doubt about what is due
_NEVER = datetime.max.replace(tzinfo=UTC)


class Effecting(Drained):
    """The work (agents.runtime.transport.work.Work) of one effect on one topic.

    of: types of the events that have an effect; others are passed over. concurrency: effects of a partition at once.
    """

    def __init__(
        self, topic: Topic, domain: str, of: type[Message] | tuple[type[Message], ...], perform: Perform,
        store: DomainStore, drain: Drain, concurrency: int,
    ) -> None:  # fmt: skip
        super().__init__(store, drain)
        self._topic = topic
        self._of = of
        self._concurrency = concurrency
        self._performing = Performing(topic, domain, perform, store, drain)
        self._due = DueEvents(store)

    async def open(self, lease: Lease, earliest: int) -> None:
        await super().open(lease, earliest)
        self._performing.opened(lease.source)
        self._due.opened(lease)

    async def run(self, batch: Batch) -> None:
        lease = batch.lease
        read, broken = events.read(self._topic, batch, batch.first)
        wanted = [event for event in read if isinstance(event.message, self._of)]
        nothing = not (wanted or broken or any(event.arrival.newer for event in read))
        if nothing and pass_over(batch):
            return
        moment = await self._store.look([lease.source], aside=events.aggregates(wanted))
        progress = progress_of(batch, moment.floors.get(lease.source), batch.first)
        if progress.surprised:
            self._due.ask_again(lease.source)
            await self._drain.left(lease)
        ahead = [event.arrival for event in read if event.arrival.offset >= progress.done]
        newer = next((arrival for arrival in ahead if arrival.newer), None)
        after = batch.next if newer is None else newer.offset
        found = [event for event in wanted if progress.done <= event.arrival.offset < after]
        once = list({event.meta.id: event for event in found}.values())  # an outbox row may have been published twice
        rows = await self._all(lease, once, moment.aside)
        bad = [arrival for arrival in broken if progress.done <= arrival.offset < after]
        # That the effects have ended is recorded, so to read their events again does nothing.
        passed = not (rows or bad or newer or progress.surprised) and pass_over(batch)
        if after > progress.done and not passed:
            changes = Changes(next=after, set_aside=rows, outbox=dead_letters(lease, self._topic, bad))
            await self._write(lease, moment, changes)
            self._tell(lease, rows)
        try:
            if not self._due.is_resting(lease.source):
                await self._try_due(lease)
        except Doubt as doubt:  # the batch itself is done; the next batch or the idle work tries what is due again
            log.info("due_effects_put_off", group=lease.source.group, source=lease.source, why=str(doubt)[:200])
        if newer is not None:
            raise Stopped(newer.offset, str(newer.error))  # the floor stands before it, so its effect is not left out

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Tries what is due, too."""
        ended = dict(await super().idle(leases))
        still = [lease for lease in leases if lease not in ended]
        outcomes = await asyncio.gather(*(self._try_due(lease) for lease in still), return_exceptions=True)
        for lease, outcome in zip(still, outcomes, strict=True):
            if isinstance(outcome, Reopen):
                ended[lease] = str(outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
        return ended

    async def _all(self, lease: Lease, every: Sequence[Event], waiting: Iterable[str]) -> list[AsideRow]:
        """Does the effects of events that are not done yet. Returns the rows of those to set aside.

        waiting: keys of which events are set aside already. Raises Doubt, Reopen.
        """
        rows, blocked = list[AsideRow](), set(waiting)
        for chunk in _apart(every, self._concurrency):
            now = datetime.now(UTC)
            tries = [Try(event, aside.untried(event, lease.incarnation, now)) for event in chunk]
            rows += [row for _, row in tries if row.key in blocked]
            free = [each for each in tries if each.row.key not in blocked]
            failed = await self._performing.perform(lease, free) if free else []
            rows += failed
            blocked.update(row.key for row in failed)
        return rows

    async def _write(self, lease: Lease, moment: Moment, changes: Changes) -> None:
        """Moves the floor, if it is still as it was before the first effect, together with what is set aside and taken back;
        publishes dead letters. Raises Doubt, Reopen."""
        if changes.set_aside or changes.take_back:
            self._due.ask_again(lease.source)
        await self._drain.write(moment, {lease: changes})
        for row in changes.set_aside:
            self._performing.is_set_aside(lease.source, row)
        await self._drain.rows(lease, changes.outbox)

    def _tell(self, lease: Lease, rows: Sequence[AsideRow]) -> None:
        group = lease.source.group
        metrics.SET_ASIDE.labels(group).inc(len(rows))
        for row in rows:
            due, why = None if row.due is None else row.due.isoformat(), row.reason or "behind another of its key"
            log.warning("effect_set_aside", group=group, effect=row.id, key=row.key, due=due, why=why[:200])

    async def _try_due(self, lease: Lease) -> None:
        """Tries what is due, for a moment. Raises Doubt, Reopen."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            await self._due.count_waiting()
            while loop.time() < begun + _MOMENT and not lease.closing.is_set():
                rows = await self._due.due_rows(lease.source, self._concurrency)
                if not rows:
                    return
                await self._try_again(lease, rows)
        except Doubt:
            self._due.put_off(lease.source, datetime.now(UTC) + _AGAIN)
            raise
        finally:
            self._due.rest(lease.source, (loop.time() - begun - _MOMENT) * _REST)

    async def _try_again(self, lease: Lease, rows: Sequence[AsideRow]) -> None:
        """rows: each of another key, since what waits behind another one is not due. Raises Doubt, Reopen."""
        moment = await self._store.look([lease.source])
        floor = moment.floors.get(lease.source)
        if floor is None or floor.epoch != lease.epoch:
            raise Conflict(f"{lease.source}: opened again since epoch {lease.epoch}")
        tries, dead, newer = list[Try](), list[OutboxRow](), list[AsideRow]()
        for row in rows:
            arrival = aside.arrival_of(self._topic, row)
            try:
                tries.append(Try(Event(arrival, events.meta_of(arrival), arrival.message), row))
            except Undecodable as error:  # the code has changed since it was set aside
                if arrival.newer:  # a release that was taken back set it aside: it waits for code that knows it
                    newer.append(aside.failed(row, NotNow(str(error), _NEVER), datetime.now(UTC)))
                    continue
                letter = letters.dead(lease.source, self._topic, arrival, str(error), parked=False)
                dead += Placing(row.incarnation).of(row.offset, [letter])
        again = [*newer, *(await self._performing.perform(lease, tries) if tries else ())]
        wait = {row.id for row in again}
        done = [row.id for row in rows if row.id not in wait]
        await self._write(lease, moment, Changes(next=floor.next, set_aside=again, take_back=done, outbox=dead))


def _apart(every: Sequence[Event], most: int) -> Iterator[list[Event]]:
    """Chunks of at most `most` events of different keys, in order."""
    chunk, keys = list[Event](), set[str]()
    for event in every:
        if len(chunk) == most or event.meta.aggregate_id in keys:
            yield chunk
            chunk, keys = [], set()
        chunk.append(event)
        keys.add(event.meta.aggregate_id)
    if chunk:
        yield chunk

"""Publishes outbox rows: events, commands and dead letters to Kafka, answers to Redis, in the order of the rows' ids."""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence

from agents.runtime import metrics
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport import passing
from agents.runtime.transport.lease import Lease, NotYet, Reopen
from stores.kafka.growth import Counts
from stores.protocol import Changes, DomainStore, Due, Moment, OutboxRow, Source
from stores.redis.replies import Replies

_ASK = 2.0  # seconds between two questions which sources have rows

Publishing = asyncio.Future[None]
Rows = Mapping[Lease, Sequence[OutboxRow]]


class Drain:
    """The outbox of one domain's store. counts: of the partitions."""

    def __init__(
        self, store: DomainStore, publisher: Publisher, replies: Replies, counts: Counts | None = None
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._replies = replies
        self.counts = counts or Counts()
        self._waiting: set[Source] = set()
        self._asked_at = 0.0

    async def open(self, lease: Lease, earliest: int) -> None:
        """Reads the floor into the lease, and publishes the rows that are left before anything new of the partition.

        earliest: offset of a floor that does not exist yet. Raises NotYet.
        """
        await self._wait_for_older(lease.source)
        lease.next, lease.incarnation, lease.epoch = await self._store.open(lease.source, earliest)
        await self.left(lease)

    async def _wait_for_older(self, source: Source) -> None:
        """Raises NotYet while older messages of the partition's keys, where these were before a raise, are not done."""
        before = self.counts.before(source.topic, source.partition)
        if before is None:
            return
        older = source._replace(partition=before[0])
        floor = (await self._store.look([older])).floors.get(older)
        if floor is None or floor.next < before[1]:
            raise NotYet(f"partition {before[0]} is not done up to {before[1]}")

    async def write(self, moment: Moment, changes: Mapping[Lease, Changes]) -> None:
        """The store's guarded write; it deletes the outbox rows that are published, too. Raises as DomainStore.write."""
        for lease, change in changes.items():
            change.sent = tuple(lease.sent)
        await self._store.write(moment, {lease.source: change for lease, change in changes.items()})
        for lease, change in changes.items():
            del lease.sent[: len(change.sent)]
            lease.moved = True
            if lease.passed is not None and change.next >= lease.passed.next:
                lease.passed = lease.passed._replace(told=True)

    def send(self, rows: Rows) -> Publishing:
        """Begins to publish rows of several leases. Each lease waits for the end with `out`."""
        publishing = asyncio.ensure_future(self._publish(rows))
        publishing.add_done_callback(_heard)
        return publishing

    async def out(self, lease: Lease, publishing: Publishing) -> None:
        """Waits until the rows of `send` are published. They stand in `lease.sent` then, and are deleted by the next batch's
        write, or when the partition is idle.

        Raises Unavailable, or Reopen if the lease ends meanwhile. Some rows may be published all the same. None is deleted, so
        the next try or the next owner publishes them again.
        """
        if publishing.done():
            return publishing.result()
        void = asyncio.ensure_future(lease.void.wait())
        try:
            await asyncio.wait((publishing, void), return_when=asyncio.FIRST_COMPLETED)
        finally:
            void.cancel()
        if not publishing.done():
            raise Reopen("the lease ended while its outbox was drained")
        return publishing.result()

    async def rows(self, lease: Lease, rows: Sequence[OutboxRow]) -> None:
        """Publishes rows of one lease, and waits for it. Raises as `out`."""
        if rows:
            await self.out(lease, self.send({lease: rows}))

    async def left(self, lease: Lease) -> None:
        """Publishes the rows that are in the outbox of the lease's source and were not published under this lease. Raises as
        `out`."""
        sent = set(lease.sent)
        await self.rows(lease, [row for row in await self._store.outbox(lease.source) if row.id not in sent])

    async def catch_up(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Moves the floors past messages that lead to nothing. Returns the leases that must be opened again, and why. Raises
        Doubt."""
        behind = [lease for lease in leases if lease.floor_is_behind]
        if not behind:
            return {}
        moment = await self._store.look([lease.source for lease in behind])
        changes, ended = passing.moves(behind, moment)
        if changes:
            await self.write(moment, changes)
        return ended

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """For partitions without messages: moves floors past messages that lead to nothing, deletes published rows, and
        publishes those that another owner has written meanwhile. Which sources have rows is asked every _ASK seconds for the
        whole domain.

        Returns the leases that must be opened again, and why. Raises Doubt.
        """
        ended = dict(await self.catch_up(leases))
        leases = [lease for lease in leases if lease not in ended]
        for lease in leases:
            await self.forget(lease)
        now = time.monotonic()
        if now - self._asked_at > _ASK:
            self._asked_at = now
            self._waiting = await self._store.outbox_sources()
        for lease in leases:
            if lease.source in self._waiting:
                self._waiting.discard(lease.source)
                try:
                    await self.left(lease)
                except Reopen as again:
                    ended[lease] = str(again)
                else:
                    await self.forget(lease)
        return ended

    async def due_timers(self, leases: Sequence[Lease], limit: int) -> Due:
        """Sends the commands of timers that are due, at most `limit` of a partition, and none where another process has opened
        the partition.

        Raises Doubt: some may be sent, and all will be sent again.
        """
        due = await self._store.due_timers({lease.source: lease.epoch for lease in leases}, limit)
        if due.timers:
            commands = [
                OutboxRow("kafka", timer.topic, timer.key.encode(), timer.row.headers, timer.row.body)
                for timer in due.timers
            ]
            await self._publisher.publish(commands)
            for timer in due.timers:
                metrics.TIMER_LATE.labels(timer.topic).observe(timer.late)
            await self._store.timers_sent(due.timers)
        return due

    async def forget(self, lease: Lease) -> None:
        """Deletes published rows of a partition that has no next batch whose write would delete them. Raises Unavailable."""
        sent, lease.sent = lease.sent, []
        if sent:
            try:
                await self._store.forget(lease.source, sent)
            except BaseException:
                lease.sent.extend(sent)
                raise

    async def _publish(self, rows: Rows) -> None:
        """Answers and events are sent at the same time: the write has happened, so the answer is true, and its caller waits."""
        channels = {
            "reply": [(lease, [row for row in of if row.channel == "reply"]) for lease, of in rows.items()],
            "kafka": [(lease, [row for row in of if row.channel == "kafka"]) for lease, of in rows.items()],
        }
        tasks: list[Awaitable[None]] = []
        for channel, of in channels.items():
            if every := [row for _, some in of for row in some]:
                publishing = self._replies.publish(every) if channel == "reply" else self._publisher.publish(every)
                tasks.append(self._one(channel, of, publishing))
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _one(
        self, channel: str, rows: Sequence[tuple[Lease, Sequence[OutboxRow]]], publishing: Awaitable[None]
    ) -> None:
        await publishing
        for lease, some in rows:
            lease.sent.extend(row.id for row in some)
            metrics.PUBLISHED.labels(lease.source.group, channel).inc(len(some))


def _heard(publishing: Publishing) -> None:
    """asyncio logs an exception that nobody retrieved, and nobody does if all leases have ended meanwhile."""
    if not publishing.cancelled():
        publishing.exception()


class Drained:
    """The part that all works on a domain's store have in common: opening, idling and closing concern only its outbox.

    See agents.runtime.transport.work.Work.
    """

    def __init__(self, store: DomainStore, drain: Drain) -> None:
        self._store = store
        self._drain = drain

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._drain.open(lease, earliest)

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        return await self._drain.idle(leases)

    async def close(self, lease: Lease) -> None:
        await self._drain.catch_up([lease])
        await self._drain.forget(lease)

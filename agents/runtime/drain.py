"""The outbox on its way out: events, commands and dead letters to Kafka, answers to Redis, in the order of `seq`."""

import asyncio
import time
from collections.abc import Awaitable, Sequence

from agents.runtime import metrics
from agents.runtime.floor import Standing
from agents.runtime.lease import Lease, Reopen
from agents.runtime.publisher import Publisher
from stores.protocol import Changes, DomainStore, OutboxRow, Source, Unit
from stores.redis.replies import Replies

_ASK = 1.0  # seconds


class Drain:
    """Of one domain's store."""

    def __init__(self, store: DomainStore, publisher: Publisher, replies: Replies) -> None:
        self._store = store
        self._publisher = publisher
        self._replies = replies
        self._waiting: set[Source] = set()
        self._asked_at = 0.0

    async def open(self, lease: Lease, earliest: int) -> None:
        """Reads the floor into the lease and sends what is left before anything else of the partition."""
        lease.next, lease.incarnation, lease.epoch = await self._store.open(lease.source, earliest)
        await self.left(lease)

    async def commit(self, unit: Unit, lease: Lease, changes: Changes) -> list[OutboxRow]:
        """Commits; the same transaction deletes what is out."""
        sent = list(lease.sent)
        changes.sent = sent
        rows = await unit.commit(changes)
        del lease.sent[: len(sent)]
        return rows

    async def after(self, lease: Lease, where: Standing, rows: Sequence[OutboxRow]) -> None:
        """What a batch leaves to send: its own rows, or all that are there where somebody else was here."""
        if where.surprised:
            await self.left(lease)
        else:
            await self.rows(lease, rows)

    async def rows(self, lease: Lease, rows: Sequence[OutboxRow]) -> None:
        """Publishes rows and remembers them as sent; they are deleted by the next batch's transaction or when idle.

        Raises Unavailable, or Reopen where the lease ends meanwhile.
        """
        if not rows:
            return
        publishing = asyncio.ensure_future(self._publish(lease, rows))
        void = asyncio.ensure_future(lease.void.wait())
        try:
            await asyncio.wait((publishing, void), return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise Reopen("the lease ended while its outbox was drained")
            await publishing
        finally:
            void.cancel()
            # Cancelling does not withdraw what was sent; the rows stay, and whoever comes next sends them again.
            publishing.cancel()

    async def left(self, lease: Lease) -> None:
        """Everything that is still in the outbox of this source and was not sent under this lease."""
        sent = set(lease.sent)
        await self.rows(lease, [row for row in await self._store.outbox(lease.source) if row.seq not in sent])

    async def idle(self, lease: Lease) -> None:
        """For a partition without a next batch: deletes what is out, sends what a zombie committed meanwhile.

        Which sources have rows is asked once a second for the whole domain.
        """
        await self.forget(lease)
        now = time.monotonic()
        if now - self._asked_at > _ASK:
            self._asked_at = now
            self._waiting = await self._store.outbox_sources()
        if lease.source in self._waiting:
            self._waiting.discard(lease.source)
            await self.left(lease)
            await self.forget(lease)

    async def forget(self, lease: Lease) -> None:
        """Deletes what is out, for a partition that has no next batch to do it in."""
        sent, lease.sent = lease.sent, []
        if sent:
            try:
                await self._store.forget(sent)
            except BaseException:
                lease.sent.extend(sent)
                raise

    async def _publish(self, lease: Lease, rows: Sequence[OutboxRow]) -> None:
        messages = [row for row in rows if row.channel == "kafka"]
        answers = [row for row in rows if row.channel == "reply"]
        tasks = [
            # Before the events: the transaction has committed, so the answer is true already, and somebody waits for it.
            self._one(lease, "reply", answers, self._replies.publish(answers)) if answers else None,
            self._one(lease, "kafka", messages, self._publisher.publish(messages)) if messages else None,
        ]
        outcomes = await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _one(self, lease: Lease, channel: str, rows: Sequence[OutboxRow], publishing: Awaitable[None]) -> None:
        await publishing
        lease.sent.extend(row.seq for row in rows)
        metrics.PUBLISHED.labels(lease.source.group, channel).inc(len(rows))

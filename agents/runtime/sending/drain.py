"""The outbox on its way out: events, commands and dead letters to Kafka, answers to Redis, in the order of the rows' ids."""

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence

from agents.runtime import metrics
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Lease, Reopen
from stores.protocol import DomainStore, OutboxRow, Source
from stores.redis.replies import Replies

_ASK = 1.0  # seconds

Publishing = asyncio.Future[None]
Rows = Mapping[Lease, Sequence[OutboxRow]]


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

    def send(self, rows: Rows) -> Publishing:
        """Begins to publish, for several leases at once. Each of them waits by `out`."""
        publishing = asyncio.ensure_future(self._publish(rows))
        publishing.add_done_callback(_heard)
        return publishing

    async def out(self, lease: Lease, publishing: Publishing) -> None:
        """The rows are out and remembered as sent; they are deleted by the next batch's write or when idle.

        Raises Unavailable, or Reopen where the lease ends meanwhile. What was sent is not withdrawn by either: the rows stay,
        and whoever comes next sends them again.
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
        """Publishes rows of one lease. Raises as `out`."""
        if rows:
            await self.out(lease, self.send({lease: rows}))

    async def left(self, lease: Lease) -> None:
        """Everything that is still in the outbox of this source and was not sent under this lease."""
        sent = set(lease.sent)
        await self.rows(lease, [row for row in await self._store.outbox(lease.source) if row.id not in sent])

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """For partitions without a next batch: deletes what is out, sends what another owner wrote meanwhile.

        Which sources have rows is asked once a second for the whole domain. As agents.runtime.transport.work.Work.
        """
        for lease in leases:
            await self.forget(lease)
        now = time.monotonic()
        if now - self._asked_at > _ASK:
            self._asked_at = now
            self._waiting = await self._store.outbox_sources()
        ended: dict[Lease, str] = {}
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

    async def forget(self, lease: Lease) -> None:
        """Deletes what is out, for a partition that has no next batch to do it in."""
        sent, lease.sent = lease.sent, []
        if sent:
            try:
                await self._store.forget(lease.source, sent)
            except BaseException:
                lease.sent.extend(sent)
                raise

    async def _publish(self, rows: Rows) -> None:
        """Answers go beside the events: the write has happened, so the answer is true already, and somebody waits for it."""
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
    """asyncio complains about an exception that nobody looked at: every lease may have ended."""
    if not publishing.cancelled():
        publishing.exception()


class Drained:
    """What the works have in common that write to a domain's store: its outbox goes with their partitions."""

    def __init__(self, store: DomainStore, drain: Drain) -> None:
        self._store = store
        self._drain = drain

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._drain.open(lease, earliest)

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        return await self._drain.idle(leases)

    async def close(self, lease: Lease) -> None:
        await self._drain.forget(lease)

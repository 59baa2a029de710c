"""All leases of a consumer group in this process: opened at the store's floor, ended at a rebalance.

A partition is fetched only under a lease, and a batch carries the lease under which it was fetched. A batch of an old lease is
thrown away; the new lease reads it again from the floor. So nothing can go wrong by a fetch that is under way during a seek, by
records that aiokafka still holds, or by Faust's own bookkeeping.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import structlog

from agents.runtime import metrics
from agents.runtime.transport.lease import TP, Batch, Lease, NotYet, Stopped
from agents.runtime.transport.work import Work
from stores.errors import Lost
from stores.log_repeats import Drags
from stores.protocol import RowId, Source

log = structlog.get_logger()

DRAIN = 2.0  # seconds that a revoke waits for running batches
_CLOSE = 0.5  # seconds that a revoke waits until published outbox rows are deleted
_RETRY = (0.1, 1.0)  # seconds, first and longest wait between tries to open
_STOPPED = 5.0  # seconds between looks at a partition that was stopped loudly
IDLE = 2.0  # seconds without a batch after which a partition counts as idle


class OutsideLog(Exception):
    """The floor lies outside the log: the topic was made anew, or retention removed messages that were not done yet."""


class Log(Protocol):
    """The Kafka side of a consumer, as leases need it. Raises KafkaError or TimeoutError."""

    def assignment(self) -> set[TP]: ...

    async def bounds(self, tp: TP) -> tuple[int, int]:
        """(first offset that is there, the one after the last)."""
        ...

    async def seek(self, tp: TP, offset: int) -> None: ...

    def poke(self) -> None:
        """Makes the fetch loop look again which partitions may be fetched."""
        ...


class Leases:
    """All partitions of one consumer group in this process."""

    def __init__(self, group: str, works: Mapping[str, Work]) -> None:
        self.group = group
        self.works = works
        self.held: dict[TP, Lease] = {}
        self._openers: dict[TP, asyncio.Task[None]] = {}
        # Outbox rows that are published and perhaps not deleted: of the lease before, or of an opening that failed half way.
        # Without them an opening that finds Kafka up and Redis down would publish its events again with every try, and
        # every rebalance would publish the last batch of each partition again.
        self._out: dict[TP, list[RowId]] = {}
        self.stopped: dict[TP, str] = {}  # why partitions stand still
        self.stopped_since: dict[TP, datetime] = {}
        self._stopped_at: dict[TP, int] = {}  # offset of the message that a partition must not pass
        self._stands: dict[TP, Drags] = {}  # of those that stand still
        self._closing: set[asyncio.Task[None]] = set()
        self._log: Log | None = None
        self.stopping = False
        self.was_assigned = False

    def attach(self, kafka: Log) -> None:
        self._log = kafka

    @property
    def kafka(self) -> Log:
        if self._log is None:
            raise RuntimeError("no consumer yet")
        return self._log

    def ready(self) -> list[Lease]:
        """Leases whose partitions may be fetched: no batch is in flight, no idle work under way."""
        return [lease for lease in list(self.held.values()) if lease.batch is None and lease.idle_work is None]

    def is_current(self, lease: Lease) -> bool:
        return self.held.get(lease.tp) is lease and not lease.closing.is_set()

    async def close_all(self, drain: float) -> None:
        """Ends all leases and openings. Running batches and idle work may finish within `drain` seconds; then their leases are
        void."""
        for opener in self._openers.values():
            opener.cancel()
        self._openers.clear()
        for tp in list(self.stopped):
            self._goes_on(tp)  # whoever opens it next says it again, where it is still so
        leases = list(self.held.values())
        for lease in leases:
            lease.closing.set()
        works = [lease.idle_work if lease.batch is None else lease.batch.finished for lease in leases]
        running = [asyncio.ensure_future(end.wait()) for end in works if end is not None]
        if running and drain:
            _, late = await asyncio.wait(running, timeout=drain)
            if late:
                log.info("batches_left_at_revoke", group=self.group, count=len(late))
        for wait in running:
            wait.cancel()
        for lease in leases:
            lease.void.set()
            self._drop(lease)
        if self._closing and drain:
            await asyncio.wait(self._closing, timeout=_CLOSE)

    async def shut(self, drain: float) -> None:
        self.stopping = True
        await self.close_all(drain)

    def open_assigned(self) -> None:
        self.was_assigned = True
        for tp in self.kafka.assignment():
            self.reopen(tp)

    def reopen(self, tp: TP, *, delay: float = 0.0, hole: int | None = None) -> None:
        """Ends the lease of the partition, if there is one, and opens it anew in a task: Faust's callbacks may not block.

        delay: seconds before the first try. hole: see Lease.
        """
        old = self.held.get(tp)
        if old is not None:
            old.end_now()
            self._drop(old)
        opener = self._openers.pop(tp, None)
        if opener is not None:
            opener.cancel()
        if not self.stopping:
            self._openers[tp] = asyncio.create_task(self._keep_opening(tp, delay, hole))

    def finished(self, batch: Batch, done: bool, hole: int | None = None) -> None:
        """A batch has left its handler. Where it is not done and its lease is current, the partition is opened anew."""
        lease = batch.lease
        batch.finished.set()
        if lease.batch is batch:
            lease.batch = None
        lease.active_at = asyncio.get_running_loop().time()
        if done:
            lease.next = batch.next
            if lease.next > self._stopped_at.get(lease.tp, lease.next):
                self._goes_on(lease.tp)
        elif self.is_current(lease):
            delay = _STOPPED if lease.tp in self.stopped else 0.2
            self.reopen(lease.tp, delay=0.0 if hole is not None else delay, hole=hole)
        if self._log is not None:
            self._log.poke()

    def stop(self, tp: TP, why: Exception) -> None:
        """Says that the partition stands still. It is opened again from time to time, until it can go on."""
        first = tp not in self._stands
        self.stopped[tp] = str(why)
        self.stopped_since.setdefault(tp, datetime.now(UTC))
        if isinstance(why, Stopped):
            self._stopped_at[tp] = why.at
        metrics.STOPPED.labels(self.group, tp.topic, str(tp.partition)).set(1)
        drags = self._stands.setdefault(tp, Drags())
        if (seconds := drags.due()) or first:
            about = {"group": self.group, "topic": tp.topic, "partition": tp.partition, "why": str(why)}
            log.error("partition_stopped", seconds=seconds, **about)

    def _goes_on(self, tp: TP) -> None:
        self._stopped_at.pop(tp, None)
        self._stands.pop(tp, None)
        self.stopped.pop(tp, None)
        self.stopped_since.pop(tp, None)
        metrics.STOPPED.labels(self.group, tp.topic, str(tp.partition)).set(0)

    def _drop(self, lease: Lease) -> None:
        if self.held.get(lease.tp) is lease:
            del self.held[lease.tp]
            metrics.BEHIND.labels(self.group, lease.tp.topic, str(lease.tp.partition)).set(0)
            metrics.LEASED.labels(self.group).dec()
            if lease.sent:
                self._out[lease.tp] = [*self._out.get(lease.tp, ()), *lease.sent]
            if lease.sent or lease.floor_is_behind:
                closing = asyncio.create_task(self._close(lease))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def _close(self, lease: Lease) -> None:
        """Deletes published outbox rows, so that the next owner does not publish them again, and moves the floor past messages
        that were passed over. Best effort: readers drop what comes twice."""
        try:
            await self.works[lease.tp.topic].close(lease)
        except Exception as error:
            log.info("sent_rows_left", group=self.group, source=lease.source, why=repr(error)[:160])

    async def _keep_opening(self, tp: TP, delay: float, hole: int | None) -> None:
        (wait, longest), drags = _RETRY, Drags()
        await asyncio.sleep(delay)
        while not self.stopping:
            try:
                if tp in self.kafka.assignment():
                    await self._open(tp, hole)
                return
            except (OutsideLog, Lost) as error:
                self.stop(tp, error)
                await asyncio.sleep(_STOPPED)
            except NotYet as early:
                if wait == _RETRY[0]:
                    log.info("opening_waits", group=self.group, topic=tp.topic, partition=tp.partition, why=str(early))
                await asyncio.sleep(wait)
                wait = min(longest, wait * 2)
            except Exception as error:
                about = {"group": self.group, "topic": tp.topic, "partition": tp.partition, "why": repr(error)[:200]}
                if wait == _RETRY[0]:
                    log.info("open_retried", **about)
                elif seconds := drags.due():
                    log.warning("partition_not_opened", seconds=seconds, **about)
                await asyncio.sleep(wait)
                wait = min(longest, wait * 2)

    async def _open(self, tp: TP, hole: int | None) -> None:
        lease = Lease(Source(self.group, *tp), hole=hole, sent=self._out.pop(tp, []))
        try:
            await self._settle(lease)
            if self._openers.get(tp) is not asyncio.current_task():
                # This task was cancelled, and a driver swallowed that: the partition is another opening's or owner's now.
                raise asyncio.CancelledError
        except BaseException:
            lease.end_now()  # its work may have begun to watch timers of the partition
            self._out[tp] = lease.sent
            raise
        if lease.next > self._stopped_at.get(tp, -1):
            self._goes_on(tp)
        metrics.LEASED.labels(self.group).inc()
        metrics.BEHIND.labels(self.group, tp.topic, str(tp.partition)).set(bool(lease.missed))
        lease.active_at = asyncio.get_running_loop().time()
        self.held[tp] = lease
        self._openers.pop(tp, None)
        self.kafka.poke()

    async def _settle(self, lease: Lease) -> None:
        """Reads the floor and seeks to it. Raises OutsideLog, and whatever the clients of store and Kafka raise."""
        tp = lease.tp
        first, end = await self.kafka.bounds(tp)
        lease.end = end
        await self.works[tp.topic].open(lease, first)
        if lease.next > end:  # another owner may have done messages that were appended after our look at the bounds
            first, end = await self.kafka.bounds(tp)
        if not first <= lease.next <= end:
            raise OutsideLog(
                f"the floor is {lease.next}, the log holds {first} to {end}: made anew or cut by retention;"
                f" `./lezzet topics reset {tp.topic}` begins it again"
            )
        await self.kafka.seek(tp, lease.next)

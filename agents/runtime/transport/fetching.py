"""The consumer: fetches leased, idle partitions and nothing else, without waiting where waiting hurts."""
# pyright: basic, reportArgumentType=false, reportReturnType=false, reportAssignmentType=false, reportCallIssue=false
# Faust and aiokafka have no hook here: this file overrides their private parts, which strict types cannot follow.

import asyncio
import logging
import time
from typing import Any, Protocol

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import ConsumerStoppedError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from mode import Service
from mode.utils.futures import maybe_async

from agents.runtime.transport.lease import TP, Batch, Lease
from agents.runtime.transport.leases import Leases
from stores.kafka import records

log = structlog.get_logger()

MOST = 500  # records of a batch
# What was compressed may be a thousand times as much, and more than any transaction takes: it would be tried for ever.
_HEAVY, _FEW = 8 * 1024 * 1024, 10  # bytes of such a batch, and records between two looks at them
# aiokafka has one fetch a node under way and leaves out partitions whose records are still being read: their next message
# waits for the end of that fetch. So a fetch that left something out comes back at once, any other may wait long.
# Three hops at 100 messages/s: p50/p95 4.8/6.8 ms so, 6.2/15.5 ms with 500 ms always, both at 1 % of a core when idle.
_WAIT, _SHORT_WAIT, _BUSY_WAIT = 500, 2, 50  # ms
_LOOK = 0.5  # seconds
_HINT = 5.0  # seconds that the group's coordinator may take for an offset
_BUSY = 1.0  # seconds that records lie unread before fetches slow down: their handler waits for a server


class Reader(Protocol):
    """The consumer for which is fetched."""

    leases: Leases
    flow_active: bool

    async def on_partitions_revoked(self, revoked: Any) -> None: ...

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None: ...


class NodesInFlight(set[int]):
    """The nodes that a fetch is under way to, for aiokafka's fetch routine. Whenever a node leaves, the routine plans again.

    A fetch leaves in the done-callback of its task. The routine may plan between the end of the task and that callback,
    where a consumer took records at the same moment: then it passes over the node, has no task of it to wait for any more,
    and sleeps for `fetcher_timeout` (200 ms).
    """

    def __init__(self, fetcher: Fetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def discard(self, node: int, /) -> None:
        super().discard(node)
        self._fetcher._notify(self._fetcher._wait_consume_future)


class LoopConsumer(AIOKafkaConsumerThread):
    """Faust's consumer with a fetch of our own, in the loop of the process instead of a thread of its own
    (docs/decisions/033-consumers-run-in-the-loop.md)."""

    consumer: Reader
    looked_at: float = 0.0  # monotonic, when the fetch loop last turned, or had nothing to do but wait for the group
    _revoking = False

    async def start(self) -> None:
        self._thread_started.set()
        await self._default_start()

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        return await maybe_async(fun(*args, **kwargs))

    @Service.task
    async def _thread_keepalive(self) -> None:
        """For a thread, which there is not."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        records.read_everything()
        consumer = super()._create_worker_consumer(transport)
        # As if Faust's exactly-once were on: what a transaction of others has given up was never said.
        consumer._isolation_level = "read_committed"
        self._poked = asyncio.Event()
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        self._mind_left_out(self._ensure_consumer()._fetcher)
        self._look_at_the_group()

    def _look_at_the_group(self) -> None:
        """Between a revoke and what the group makes of it nothing is fetched: for as long as another member takes, or Kafka
        is away. That is no standstill of this process."""
        if self._ensure_consumer()._subscription.reassignment_in_progress:
            self._turned()
        self.loop.call_later(_LOOK, self._look_at_the_group)

    def _turned(self) -> None:
        if not self._revoking:  # a callback that does not return is a standstill, whatever turns meanwhile
            self.looked_at = time.monotonic()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._revoking = True
        try:
            await self.consumer.on_partitions_revoked(revoked)
        finally:
            self._revoking = False

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        await self.consumer.on_partitions_assigned(assigned, generation_id)

    def _mind_left_out(self, fetcher: Fetcher) -> None:
        plan = fetcher._get_actions_per_node
        fetcher._in_flight = NodesInFlight(fetcher)
        fetcher._prefetch_backoff = 0  # unread records of one partition are no reason to wait with the others

        def planned(assignment: Any) -> Any:
            unread = [getattr(r, "_created", 0.0) for r in fetcher._records.values()]
            oldest = time.monotonic() - min(unread) if unread else 0.0
            fetcher._fetch_max_wait_ms = _WAIT if not unread else _BUSY_WAIT if oldest > _BUSY else _SHORT_WAIT
            return plan(assignment)

        fetcher._get_actions_per_node = planned

    def poke(self) -> None:
        """Look again which partitions may be fetched."""
        if getattr(self, "_poked", None) is not None:
            self._poked.set()

    async def _fetch_records(
        self, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
    ) -> Any:
        """Returns as soon as a ready partition has records, else empty after `timeout` seconds."""
        fetcher, deadline = consumer._fetcher, time.monotonic() + (timeout or 1.0)
        # Kept open while all partitions are busy too: inside it max_poll_interval does not run out.
        with fetcher._subscriptions.fetch_context():
            while True:
                self._turned()
                if consumer._closed or fetcher._closed:
                    if self.consumer.leases.stopping:
                        await asyncio.sleep(1.0)  # closed by us: to Faust a raise is a crash, loud in every orderly end
                        return []
                    raise ConsumerStoppedError
                self._poked.clear()
                found = await self._take(consumer, fetcher)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                await self._wait(fetcher, left)

    async def _take(self, consumer: Any, fetcher: Fetcher) -> list[Batch]:
        found: list[Batch] = []
        if self.consumer.flow_active and not fetcher._subscriptions.reassignment_in_progress:
            for lease in self.consumer.leases.ready():
                tp = TopicPartition(*lease.tp)
                if consumer._subscription.is_assigned(tp) and tp in fetcher._records:
                    batch = await self._one(fetcher, lease, tp)
                    if batch.next > batch.first:
                        found.append(batch)
        return found

    async def _one(self, fetcher: Fetcher, lease: Lease, tp: TopicPartition) -> Batch:
        """Without records where there were only ends of transactions, or what one had given up: nothing else is passed over
        within one fetch. Between two of them aiokafka may go elsewhere in silence: then the batch begins elsewhere."""
        state = fetcher._subscriptions.subscription.assignment.state_value(tp)
        first = state.position
        taken, weight, at_once = list[Any](), 0, _at_once(fetcher._records[tp])
        while tp in fetcher._records and len(taken) + at_once <= MOST and weight < _HEAVY:
            # One partition a call: an empty set would mean all of them.
            some = await fetcher.fetched_records({tp}, timeout=0, max_records=at_once)
            taken += some.get(tp, ())
            weight += sum(map(_weight, taken[-at_once:])) if at_once < MOST else 0
        return Batch(lease, taken, first, reached=state.position)

    async def _wait(self, fetcher: Fetcher, seconds: float) -> None:
        waiter = fetcher._create_fetch_waiter()
        poked = asyncio.ensure_future(self._poked.wait())
        await asyncio.wait((waiter, poked), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        poked.cancel()
        if waiter.done():
            waiter.exception()
        else:
            waiter.cancel()

    async def _commit(self, offsets: Any) -> bool:
        """A hint for lag monitors and nothing else: never worth a crash (Faust's own crashes the app), nor a wait for a
        coordinator that is not found again: meanwhile no other offset would be told."""
        try:
            consumer, mine = self._ensure_consumer(), self.assignment()
            async with asyncio.timeout(_HINT):
                await consumer.commit(
                    {TopicPartition(*tp): OffsetAndMetadata(o, "") for tp, o in offsets.items() if tp in mine}
                )
        except Exception as error:
            log.info("offset_hint_not_committed", why=repr(error)[:120])
            return False
        return True

    def seek_to(self, tp: TP, offset: int) -> None:
        self._ensure_consumer().seek(TopicPartition(*tp), offset)

    async def bounds_of(self, tp: TP) -> tuple[int, int]:
        consumer, wanted = self._ensure_consumer(), TopicPartition(*tp)
        first, end = await asyncio.gather(consumer.beginning_offsets([wanted]), consumer.end_offsets([wanted]))
        return first[wanted], end[wanted]


def _at_once(read: Any) -> int:
    """Records that may be taken without a look at their weight: what was not compressed is bounded by its fetch."""
    batches = getattr(read, "_partition_records", None)  # a fetch that failed has none
    return _FEW if batches is not None and batches._records.compressed else MOST


def _weight(record: ConsumerRecord[bytes, bytes]) -> int:
    named = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + named


LoopConsumer.logger = logging.getLogger("faust.transport")  # mode names it after the module: its chatter is not ours

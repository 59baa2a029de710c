"""The consumer's fetch loop: makes batches of what was fetched, for partitions that are leased and have no batch in flight."""
# pyright: basic, reportArgumentType=false, reportReturnType=false, reportAssignmentType=false, reportCallIssue=false
# Faust and aiokafka have no hook here: this file overrides their private parts, which strict types cannot follow.

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import ConsumerStoppedError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from mode import Service
from mode.utils.futures import maybe_async

from agents.runtime.transport.fetch_connection import FetchConnection
from agents.runtime.transport.lease import TP, Batch, Lease
from agents.runtime.transport.leases import Leases
from stores.kafka import records
from stores.kafka.in_flight import NodesInFlight

log = structlog.get_logger()

MOST = 500  # records of a batch
# Compressed records may unpack to a thousand times their size. A batch larger than what a store writes at once would be tried
# for ever, so a batch of compressed records ends after _MOST_BYTES, which are counted after every _FEW records.
_MOST_BYTES, _FEW = 8 * 1024 * 1024, 10
# Milliseconds that a broker holds a fetch that finds nothing. aiokafka has one fetch under way for each node, and a fetch does
# not ask for partitions whose records are not taken yet: the next message of these has to wait until the fetch has ended. So a
# fetch that leaves out a partition waits _SHORT_WAIT, any other _WAIT. Three hops at 100 messages/s: p50/p95 4.8/6.8 ms so,
# 6.2/15.5 ms with _WAIT always. _WAIT is what an idle group costs. When a partition is opened, the fetches under way, which do
# not ask for it, are given up (fetch_connection.py).
_WAIT, _SHORT_WAIT = 5000, 2
# If records are not taken for _UNTAKEN seconds, their handler waits for a server. Then a short wait would be a busy loop.
_UNTAKEN, _BUSY_WAIT = 1.0, 50
_ROUTINE = 5.0  # seconds after which aiokafka's fetch routine plans anew though nothing has woken it
_EMPTY_HANDED = 2.0  # seconds after which our fetch loop returns without a batch
_GROUP_CHECK = 0.5  # seconds between two looks whether the group is rebalancing
_COMMIT = 5.0  # seconds that the group's coordinator may take to commit offsets
# While fewer than _SMALL messages are between their fetch and the end of their batch, the next fetch waits for their end,
# _GATHER seconds at most. So it brings what has come meanwhile to all partitions: batches are larger and fewer, which saves a
# fifth of the CPU of a command (`bench load`, 64 connections). Slow batches and large ones do not hold it up.
_GATHER, _SMALL = 0.02, 64


class Reader(Protocol):
    """What the fetch loop needs of the consumer that it fetches for."""

    leases: Leases
    flow_active: bool

    async def on_partitions_revoked(self, revoked: Any) -> None: ...

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None: ...


def go_on_reading_metadata(client: Any) -> None:
    """Starts aiokafka's task that reads the metadata of the cluster again if it has ended. It ends for good with an error that
    it does not expect (seen after Kafka was killed). Whoever waits for metadata would then wait for ever: the coordination of a
    group does, so the member would stay out of its group."""
    task = client._sync_task
    if task is None or not task.done():
        return
    log.warning("metadata_read_again", why="cancelled" if task.cancelled() else repr(task.exception())[:160])
    if not client._md_update_waiter.done():
        client._md_update_waiter.set_result(None)
    client._sync_task = asyncio.create_task(client._md_synchronizer())


class LoopConsumer(AIOKafkaConsumerThread):
    """Faust's consumer with a fetch of our own, in the loop of the process instead of a thread of its own
    (docs/decisions/033-consumers-run-in-the-loop.md)."""

    consumer: Reader
    # Monotonic: when the fetch loop last went round, or was last seen to wait for a rebalance. See Group.stuck.
    seen_alive_at: float = 0.0
    _revoking = False
    _taken: Sequence[Batch] = ()  # the batches that were made last; they may not be handed over yet

    async def start(self) -> None:
        self._thread_started.set()
        await self._default_start()

    async def call_thread(self, fun: Any, *args: Any, **kwargs: Any) -> Any:
        return await maybe_async(fun(*args, **kwargs))

    @Service.task
    async def _thread_keepalive(self) -> None:
        """Does nothing: Faust's own keeps the consumer's thread alive, and there is none."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        records.read_everything()
        consumer = super()._create_worker_consumer(transport)
        # Faust sets this for its exactly-once mode only. Records of aborted transactions are never to be read.
        consumer._isolation_level = "read_committed"
        self._poked = asyncio.Event()
        return consumer

    async def on_start(self) -> None:
        await super().on_start()
        self._plan_fetches(self._ensure_consumer()._fetcher)
        self._check_the_group()

    def _check_the_group(self) -> None:
        """Every _GROUP_CHECK seconds. While the group rebalances nothing is fetched, for as long as another member takes or
        Kafka is away. That counts as being alive: to restart this process would not end it."""
        consumer: Any = self._ensure_consumer()
        if consumer._subscription.reassignment_in_progress:
            self._is_alive()
        if not consumer._closed:
            go_on_reading_metadata(consumer._client)
        self.loop.call_later(_GROUP_CHECK, self._check_the_group)

    def waiting_for_partitions(self) -> AbstractContextManager[None]:
        """To be held while one waits for the end of a rebalance. Nobody asks for records then, and after max_poll_interval
        without a question aiokafka would not join the group again: the rebalance would never end."""
        consumer: Any = self._consumer
        return nullcontext() if consumer is None else consumer._fetcher._subscriptions.fetch_context()

    def _is_alive(self) -> None:
        if not self._revoking:  # a revoke that never returns is a standstill, though the event loop runs
            self.seen_alive_at = time.monotonic()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._revoking = True
        try:
            await self.consumer.on_partitions_revoked(revoked)
        finally:
            self._revoking = False

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        await self.consumer.on_partitions_assigned(assigned, generation_id)

    def _plan_fetches(self, fetcher: Fetcher) -> None:
        plan = fetcher._get_actions_per_node
        fetcher._in_flight = NodesInFlight(fetcher)
        fetcher._client = self._fetches = FetchConnection(fetcher._client)
        fetcher._prefetch_backoff = 0  # fetch other partitions while the records of one are not taken yet
        fetcher._fetcher_timeout = _ROUTINE  # aiokafka plans all partitions anew five times a second otherwise

        def planned(assignment: Any) -> Any:
            if (seconds := self._gather_for(fetcher)) > 0:
                return [], {}, seconds, False, []  # no fetch; plan again after these seconds, or when woken
            fetcher._fetch_max_wait_ms = _wait_of_fetch(fetcher)
            return plan(assignment)

        fetcher._get_actions_per_node = planned

    def _gather_for(self, fetcher: Fetcher) -> float:
        """Seconds for which the next fetch waits (see _GATHER), 0 or less for none. It waits for batches in flight, for batches
        that are made and not handed over yet, and for what is fetched and can be taken at once."""
        unfinished = {lease.batch for lease in self.consumer.leases.held.values() if lease.batch is not None}
        unfinished.update(batch for batch in self._taken if not batch.finished.is_set())
        if sum(len(batch.records) for batch in unfinished) >= _SMALL:
            return 0.0
        since = [batch.taken_at for batch in unfinished]
        if fetcher._records:
            fetched = (fetcher._records.get(TopicPartition(*lease.tp)) for lease in self.consumer.leases.ready())
            since += [_fetched_at(result) for result in fetched if result is not None]
        return max(since, default=0.0) + _GATHER - time.monotonic()

    def poke(self) -> None:
        """Wakes our fetch loop and aiokafka's routine: other partitions may be taken or fetched now."""
        if self._consumer is not None:
            self._poked.set()
            fetcher: Any = self._consumer._fetcher
            fetcher._notify(fetcher._wait_consume_future)

    def poke_for(self, tps: Sequence[TP]) -> None:
        """As `poke`, if records of one of these partitions are fetched and not taken."""
        fetcher: Any = None if self._consumer is None else self._consumer._fetcher
        if fetcher is not None and any(TopicPartition(*tp) in fetcher._records for tp in tps):
            self.poke()

    async def _fetch_records(
        self, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
    ) -> Any:
        """Faust asks for records here. Returns batches as soon as there are records of a ready partition, else an empty list
        after _EMPTY_HANDED seconds, whatever Faust's `timeout` is."""
        fetcher, deadline = consumer._fetcher, time.monotonic() + _EMPTY_HANDED
        self._taken = ()  # whoever asks for more has handed these over
        # Stays open also while all partitions are busy: inside it aiokafka's max_poll_interval does not run out.
        with fetcher._subscriptions.fetch_context():
            while True:
                self._is_alive()
                if consumer._closed or fetcher._closed:
                    if self.consumer.leases.stopping:
                        # We closed it: to raise would make Faust report a crash at every orderly end.
                        await asyncio.sleep(1.0)
                        return []
                    raise ConsumerStoppedError
                self._take_group_errors(consumer)
                self._poked.clear()
                found = self._taken = await self._take_batches(consumer, fetcher)
                left = deadline - time.monotonic()
                if found or left <= 0:
                    return found
                await self._wait(fetcher, left)

    def _take_group_errors(self, consumer: Any) -> None:
        """Takes the error of aiokafka's coordination of the group, if there is one. After an error the coordination stands
        still until somebody has taken it, and the member would stay out of its group for ever. Raises if it has ended for
        good."""
        coordinator = consumer._coordinator
        try:
            coordinator.check_errors()
        except KafkaError as error:
            if coordinator._coordination_task.done():
                raise
            log.warning("group_error", why=repr(error)[:160])

    async def _take_batches(self, consumer: Any, fetcher: Fetcher) -> list[Batch]:
        found: list[Batch] = []
        if self.consumer.flow_active and not fetcher._subscriptions.reassignment_in_progress:
            for lease in self.consumer.leases.ready():
                tp = TopicPartition(*lease.tp)
                if consumer._subscription.is_assigned(tp) and tp in fetcher._records:
                    batch = await self._take_batch(fetcher, lease, tp)
                    if batch.next > batch.first:
                        found.append(batch)
        return found

    async def _take_batch(self, fetcher: Fetcher, lease: Lease, tp: TopicPartition) -> Batch:
        """What is fetched of one partition, up to MOST records or about _MOST_BYTES. Without records if only transaction
        markers or aborted records were fetched.

        Within a fetch no other offsets are passed over. Between two fetches aiokafka may change its position without a word;
        then `first` is not where the batch before has ended (committing/floor.py finds the hole).
        """
        state = fetcher._subscriptions.subscription.assignment.state_value(tp)
        first = state.position
        taken, weight, at_once = list[Any](), 0, _at_once(fetcher._records[tp])
        while tp in fetcher._records and len(taken) + at_once <= MOST and weight < _MOST_BYTES:
            # One partition a call: an empty set would mean all of them.
            some = await fetcher.fetched_records({tp}, timeout=0, max_records=at_once)
            taken += some.get(tp, ())
            weight += sum(map(_weight, taken[-at_once:])) if at_once < MOST else 0
        return Batch(lease, taken, first, reached=state.position)

    async def _wait(self, fetcher: Fetcher, seconds: float) -> None:
        """Until something is fetched, or `poke` is called."""
        waiter = fetcher._create_fetch_waiter()
        poked = asyncio.ensure_future(self._poked.wait())
        await asyncio.wait((waiter, poked), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        poked.cancel()
        if waiter.done():
            waiter.exception()
        else:
            waiter.cancel()

    async def _commit(self, offsets: Any) -> bool:
        """Commits offsets to Kafka, for lag monitors only. So it never raises (an exception would crash Faust's app) and waits
        _COMMIT seconds at most: a coordinator that is not found again would hold up all later offsets. Returns whether they
        were committed."""
        try:
            consumer, mine = self._ensure_consumer(), self.assignment()
            async with asyncio.timeout(_COMMIT):
                await consumer.commit(
                    {TopicPartition(*tp): OffsetAndMetadata(o, "") for tp, o in offsets.items() if tp in mine}
                )
        except Exception as error:
            log.info("offset_hint_not_committed", why=repr(error)[:120])
            return False
        return True

    def seek_to(self, tp: TP, offset: int) -> None:
        self._ensure_consumer().seek(TopicPartition(*tp), offset)
        self._fetches.moved()

    async def bounds_of(self, tp: TP) -> tuple[int, int]:
        consumer, wanted = self._ensure_consumer(), TopicPartition(*tp)
        first, end = await asyncio.gather(consumer.beginning_offsets([wanted]), consumer.end_offsets([wanted]))
        return first[wanted], end[wanted]


def _fetched_at(result: Any) -> float:
    """Monotonic. result: of a fetch of one partition, as aiokafka keeps it."""
    return getattr(result, "_created", 0.0)


def _wait_of_fetch(fetcher: Any) -> int:
    """Milliseconds that the broker holds the next fetch, if it finds nothing: see _WAIT and _UNTAKEN."""
    untaken = [_fetched_at(result) for result in fetcher._records.values()]
    if not untaken:
        return _WAIT
    return _BUSY_WAIT if time.monotonic() - min(untaken) > _UNTAKEN else _SHORT_WAIT


def _at_once(result: Any) -> int:
    """How many records may be taken before their bytes are counted. Uncompressed ones are bounded by their fetch."""
    batches = getattr(result, "_partition_records", None)  # a fetch that failed has none
    return _FEW if batches is not None and batches._records.compressed else MOST


def _weight(record: ConsumerRecord[bytes, bytes]) -> int:
    """Bytes."""
    named = sum(len(name) + len(value or b"") for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + named


# Else mode logs under the name of this module, as if its lines were ours.
LoopConsumer.logger = logging.getLogger("faust.transport")

"""Faust's aiokafka driver, changed to read under leases.

One Faust event carries what one fetch gave of a topic: a batch for each partition. A partition has at most one batch in flight.
"""
# pyright: basic, reportArgumentType=false, reportReturnType=false, reportAssignmentType=false, reportCallIssue=false
# Faust and aiokafka have no hook here: this file overrides their private parts, which strict types cannot follow.

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

import faust
import structlog
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage
from mode import Service

from agents.runtime.transport.fetching import LoopConsumer
from agents.runtime.transport.lease import TP, Batch
from agents.runtime.transport.leases import DRAIN, Leases

log = structlog.get_logger()

_BOUND = 12.0  # seconds that Kafka may take to say where a log begins and ends


class Consumer(driver.Consumer):
    """Hands batches to the leases. What is done is said by the floors in the stores, so Faust's acks, gaps and read offsets
    are not used."""

    _thread: LoopConsumer
    leases: Leases

    def __init__(self, transport: "Transport", *args: Any, **kwargs: Any) -> None:
        self.leases = transport.leases
        super().__init__(transport, *args, **kwargs)
        self._told: dict[TP, int] = {}  # offsets that were committed to Kafka last
        self.leases.attach(self)

    def _new_consumer_thread(self) -> LoopConsumer:
        return LoopConsumer(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    async def verify_all_partitions_active(self) -> None:
        """Does nothing. Faust takes a partition without a commit for one that hangs. Here the floors say what is done, and
        offsets are committed now and then, as a hint; `Group.stuck` tells a fetch loop that hangs."""

    # -- the Kafka side of leases (agents.runtime.transport.leases.Log)

    async def bounds(self, tp: TP) -> tuple[int, int]:
        async with asyncio.timeout(_BOUND):
            return await self._thread.bounds_of(tp)

    async def seek(self, tp: TP, offset: int) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._thread.seek_to(tp, offset)

    def poke(self) -> None:
        self._thread.poke()

    def poke_for(self, tps: Sequence[TP]) -> None:
        """These partitions may be taken from again: wakes the fetch loop if something was fetched of them meanwhile."""
        self._thread.poke_for(tps)

    async def leave(self, seconds: float) -> None:
        """Leaves the consumer group, so that other members take over at once. Gives up after `seconds`: a dead broker must not
        keep the process alive. Never raises."""
        if self._thread._consumer is not None:
            try:
                async with asyncio.timeout(seconds):
                    await self._thread._consumer.stop()
            except Exception as error:
                log.info("group_not_left", group=self.leases.group, why=repr(error)[:120])

    @property
    def seen_alive_at(self) -> float:
        return self._thread.seen_alive_at

    def lag(self) -> int:
        """Messages of the held partitions that are in the log and not done."""
        leases = list(self.leases.held.items())
        # Before the first fetch the high-water mark is unknown; the log's end at the opening stands in for it.
        return sum(max(0, max(self.highwater(tp) or 0, lease.end) - lease.next) for tp, lease in leases)

    # -- what Faust calls

    async def perform_seek(self) -> None:
        """Faust calls this last in every rebalance. It only starts tasks: an exception here would crash the app, and a
        wait would stop every partition."""
        await self.leases.close_all(0)
        self.leases.open_assigned()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        # Leases end before Faust stops its flow: what Faust drops then belongs to no lease, and is read again from the floor.
        await self.leases.close_all(DRAIN)
        await super().on_partitions_revoked(revoked)
        await self.leases.close_all(0)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        await self.leases.close_all(0)
        await super().on_partitions_assigned(assigned, generation_id)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        if not self.flow_active:
            with self._thread.waiting_for_partitions():
                await self.wait(self.can_resume_flow)
        batches: list[Batch] = await self._getmany(None, timeout)
        together: dict[str, list[Batch]] = {}
        for batch in batches:
            lease, tp = batch.lease, batch.lease.tp
            if not self.flow_active or self.should_stop or not self.leases.is_current(lease) or lease.batch is not None:
                continue  # dropped, not lost: the partition's next lease reads it again from the floor
            if not batch.records and batch.first != lease.next:
                continue  # empty, and not where the lease stands: the next record shows whether messages are missing
            lease.batch = batch
            self._read_offset[tp] = None
            together.setdefault(tp.topic, []).append(batch)
        for found in together.values():
            yield found[0].lease.tp, self._message(found)

    def _message(self, batches: Sequence[Batch]) -> Any:
        """One Faust message for all batches of a topic: Faust spends as much CPU on a message as a whole small batch needs."""
        tp = batches[0].lease.tp
        return ConsumerMessage(
            tp.topic, tp.partition, batches[0].next - 1, 0.0, 0, [], None, batches, None, None, None, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Does nothing: Faust's own watches offsets that are not used here."""

    async def _add_gap(self, *gap: Any) -> None:
        """Does nothing: committing/floor.py looks for gaps."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commits to Kafka how far the leases are, where that has changed. For lag monitors only: a partition is opened at
        the floor in its store. Returns whether anything was committed."""
        self._acked.clear()
        self._acked_index.clear()
        offsets = {tp: lease.next for tp, lease in self.leases.held.items() if self._told.get(tp) != lease.next}
        done = bool(offsets) and await self._thread.commit(offsets)
        if done:
            self._told.update(offsets)
        return done


Consumer.logger = logging.getLogger(
    "faust.transport"
)  # else mode logs under the name of this module, as if its lines were ours


class Transport(driver.Transport):
    Consumer = Consumer

    def __init__(self, url: Any, app: faust.App, leases: Leases) -> None:
        self.leases = leases
        super().__init__(url, app)


class BatchSchema(faust.Schema):
    """Passes batches on as they are: each work decodes its own records."""

    def compile(self, app: Any, *, on_key_decode_error: Any = None, on_value_decode_error: Any = None,
                default_propagate: bool = False) -> Any:  # fmt: skip
        async def event(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, {}, message)

        return event

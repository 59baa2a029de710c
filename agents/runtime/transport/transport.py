"""Faust's aiokafka driver with leases: one Faust event is what one fetch gave of a topic, a batch for each partition; one batch
in flight a partition."""
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
    """Takes batches for its leases; Faust's acks, gaps and read offsets are of no consequence here."""

    _thread: LoopConsumer
    leases: Leases

    def __init__(self, transport: "Transport", *args: Any, **kwargs: Any) -> None:
        self.leases = transport.leases
        super().__init__(transport, *args, **kwargs)
        self._told: dict[TP, int] = {}
        self.leases.attach(self)

    def _new_consumer_thread(self) -> LoopConsumer:
        return LoopConsumer(self, loop=self.loop, thread_loop=self.loop, beacon=self.beacon)

    # -- the Kafka side of leases (agents.runtime.transport.leases.Log)

    async def bounds(self, tp: TP) -> tuple[int, int]:
        async with asyncio.timeout(_BOUND):
            return await self._thread.bounds_of(tp)

    async def seek(self, tp: TP, offset: int) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self._thread.seek_to(tp, offset)

    def poke(self) -> None:
        self._thread.poke()

    async def leave(self, seconds: float) -> None:
        """Leaves the group, so that others take over at once. Best effort: a dead broker must not keep the process."""
        if self._thread._consumer is not None:
            try:
                async with asyncio.timeout(seconds):
                    await self._thread._consumer.stop()
            except Exception as error:
                log.info("group_not_left", group=self.leases.group, why=repr(error)[:120])

    @property
    def looked_at(self) -> float:
        return self._thread.looked_at

    def lag(self) -> int:
        """Messages of the held partitions that are in the log and not done."""
        leases = list(self.leases.held.items())
        # The end as it was at the opening counts until the first fetch tells another.
        return sum(max(0, max(self.highwater(tp) or 0, lease.end) - lease.next) for tp, lease in leases)

    # -- what Faust calls

    async def perform_seek(self) -> None:
        """Faust's last step of every rebalance. Only starts tasks: a raise here crashes the app, a hang stops it all."""
        await self.leases.close_all(0)
        self.leases.open_assigned()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        # Leases first: dropping them after Faust has stopped the flow would skip what was fetched but not handed over.
        await self.leases.close_all(DRAIN)
        await super().on_partitions_revoked(revoked)
        await self.leases.close_all(0)

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        await self.leases.close_all(0)
        await super().on_partitions_assigned(assigned, generation_id)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)
        batches: list[Batch] = await self._getmany(None, timeout)
        together: dict[str, list[Batch]] = {}
        for batch in batches:
            lease, tp = batch.lease, batch.lease.tp
            if not self.flow_active or self.should_stop or not self.leases.is_current(lease) or lease.batch is not None:
                continue  # the new lease seeks to the floor: nothing is lost with these
            if not batch.records and batch.first != lease.next:
                continue  # not known to follow on what was done: the next record will tell
            lease.batch = batch
            self._read_offset[tp] = None
            together.setdefault(tp.topic, []).append(batch)
        for found in together.values():
            yield found[0].lease.tp, self._message(found)

    def _message(self, batches: Sequence[Batch]) -> Any:
        """Faust's way with a message costs as much as all that a small batch needs: the batches of a topic share one."""
        tp = batches[0].lease.tp
        return ConsumerMessage(
            tp.topic, tp.partition, batches[0].next - 1, 0.0, 0, [], None, batches, None, None, None, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """It would look whether Faust's offsets move, which say nothing here."""

    async def _add_gap(self, *gap: Any) -> None:
        """Offset gaps are the floor's business."""

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Tells Kafka what the leases have done. A hint: the floors are the truth."""
        self._acked.clear()
        self._acked_index.clear()
        offsets = {tp: lease.next for tp, lease in self.leases.held.items() if self._told.get(tp) != lease.next}
        done = bool(offsets) and await self._thread.commit(offsets)
        if done:
            self._told.update(offsets)
        return done


Consumer.logger = logging.getLogger("faust.transport")  # mode names it after the module: its chatter is not ours


class Transport(driver.Transport):
    Consumer = Consumer

    def __init__(self, url: Any, app: faust.App, leases: Leases) -> None:
        self.leases = leases
        super().__init__(url, app)


class BatchSchema(faust.Schema):
    """Hands the batches through; decoding is the work's own business."""

    def compile(self, app: Any, *, on_key_decode_error: Any = None, on_value_decode_error: Any = None,
                default_propagate: bool = False) -> Any:  # fmt: skip
        async def event(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, {}, message)

        return event

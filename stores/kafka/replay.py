"""Reads one partition of a topic again from any offset on, beside the consumers of the groups: no offsets are moved."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from stores.kafka import records
from stores.kafka.brokers import Brokers
from stores.kafka.errors import translated
from stores.kafka.in_flight import never_stand_still

_START_SECONDS = 8.0  # for a broker that accepts a connection and does not answer
_FETCH = 4 * 1024 * 1024  # bytes
_WAIT_MS = 250


class Stretch(NamedTuple):
    """Records from offset `first` to before `next`, in order; may be empty. Transaction markers and removed records have
    offsets, too."""

    records: list[ConsumerRecord[bytes, bytes]]
    first: int
    next: int


class Replay:
    """Of one partition. Everything raises Unavailable."""

    def __init__(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> None:
        self._consumer = consumer
        self._tp = tp

    async def bounds(self) -> tuple[int, int]:
        """The oldest offset that is there, and the one after the last."""
        async with translated():
            first = await self._consumer.beginning_offsets([self._tp])
            end = await self._consumer.end_offsets([self._tp])
        return first[self._tp], end[self._tp]

    async def take(self, first: int, most: int) -> Stretch:
        """What follows: at most so many records. Waits a moment where there is nothing."""
        async with translated():
            if await self._consumer.position(self._tp) != first:
                self._consumer.seek(self._tp, first)
            got = await self._consumer.getmany(self._tp, timeout_ms=_WAIT_MS, max_records=most)
            reached = await self._consumer.position(self._tp)
        return Stretch(got.get(self._tp, []), first, max(first, reached))


@contextlib.asynccontextmanager
async def open_replay(brokers: Brokers, topic: str, partition: int) -> AsyncGenerator[Replay]:
    """Raises Unavailable where no broker answers."""
    records.read_everything()
    tp = TopicPartition(topic, partition)
    consumer = AIOKafkaConsumer(
        **brokers.arguments(), group_id=None, enable_auto_commit=False, isolation_level="read_committed",
        max_partition_fetch_bytes=_FETCH, fetch_max_wait_ms=_WAIT_MS, auto_offset_reset="none",
    )  # fmt: skip
    try:
        async with translated(), asyncio.timeout(_START_SECONDS):
            await consumer.start()
            never_stand_still(consumer)
            consumer.assign([tp])
            consumer.seek(tp, 0)
        yield Replay(consumer, tp)
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(consumer.stop(), _START_SECONDS)

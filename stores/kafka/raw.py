"""Sends records with exactly the given bytes, to put dead letters back: any key and headers, also none."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stores.errors import Unavailable
from stores.kafka.brokers import Brokers

_SECONDS = 15.0  # for the start and for each record: an idempotent send never times out by itself
_LARGEST = 4 * 1024 * 1024  # bytes
_SIDE_BY_SIDE = 500  # records under way


class RawRecord(NamedTuple):
    """partition None: the key decides."""

    topic: str
    key: bytes | None
    headers: Sequence[tuple[str, bytes]]
    body: bytes | None
    partition: int | None = None


class RawProducer:
    """Sends a record when the one before is acknowledged, so that the records are in order, whatever fails."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send(self, record: RawRecord) -> tuple[int, int]:
        """(partition, offset). Raises Unavailable: the record may be in the log, or may not.

        Without key and body it gets an empty body: aiokafka takes no other.
        """
        body = b"" if record.key is None and record.body is None else record.body
        try:
            async with asyncio.timeout(_SECONDS):
                sent: Any = await self._producer.send_and_wait(
                    record.topic, body, key=record.key, partition=record.partition, headers=list(record.headers)
                )
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable("Kafka", f"{type(error).__name__} for a record of {record.topic}") from error
        return sent.partition, sent.offset

    async def send_all(self, records: Sequence[RawRecord]) -> AsyncGenerator[list[tuple[RawRecord, tuple[int, int]]]]:
        """Records of different keys side by side, those of a key one after the other. Gives what was sent, with partition and
        offset, some at a time. Raises Unavailable: what was not given yet may be in the log, or may not."""
        waiting = list(records)
        while waiting:
            chosen, left, keys = list[RawRecord](), list[RawRecord](), set[tuple[str, bytes | None]]()
            for at, record in enumerate(waiting):
                if len(chosen) == _SIDE_BY_SIDE:
                    left += waiting[at:]
                    break
                place = record.topic, record.key
                (left if place in keys else chosen).append(record)
                keys.add(place)
            yield list(zip(chosen, await asyncio.gather(*map(self.send, chosen)), strict=True))
            waiting = left


@contextlib.asynccontextmanager
async def open_raw(brokers: Brokers) -> AsyncGenerator[RawProducer]:
    """Raises Unavailable."""
    producer = AIOKafkaProducer(**brokers.arguments(), acks="all", enable_idempotence=True, max_request_size=_LARGEST)
    try:
        try:
            await asyncio.wait_for(producer.start(), _SECONDS)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable("Kafka", type(error).__name__) from error
        yield RawProducer(producer)
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(producer.stop(), _SECONDS)

"""Sends outbox rows to Kafka, by one idempotent producer a process, which is replaced after any failure."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stores import tracing
from stores.errors import Unavailable
from stores.kafka.brokers import Brokers
from stores.kafka.partitioning import ByKey
from stores.protocol import OutboxRow

log = structlog.get_logger()

_BOUND = 15.0  # seconds to publish all rows of a call: an idempotent send never times out by itself
_LARGEST = 4 * 1024 * 1024  # bytes of a request

decode_headers = msgspec.json.Decoder(list[tuple[str, bytes]]).decode


def encode_headers(headers: Sequence[tuple[str, bytes]]) -> str:
    """JSON. Values may be any bytes of any publisher, so they are base64 there."""
    return msgspec.json.encode(headers).decode()


class Publisher:
    """Hands all rows of a call to the producer, then waits for all. Rows of one key keep their order."""

    def __init__(self, brokers: Brokers) -> None:
        self._brokers = brokers
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._stopping: set[asyncio.Task[None]] = set()

    async def publish(self, rows: Sequence[OutboxRow]) -> None:
        """Raises Unavailable: some of the rows may be in Kafka, and nobody knows which. Publish all of them again."""
        producer, began = await self._started(), time.time_ns()
        try:
            async with asyncio.timeout(_BOUND):
                sent = [
                    await producer.send(
                        row.target, row.body, key=row.key, headers=row.named or decode_headers(row.headers)
                    )
                    for row in rows
                ]
                await asyncio.gather(*sent)
        except (KafkaError, OSError, TimeoutError) as error:
            self._replace(producer)
            raise Unavailable("Kafka", f"{type(error).__name__}: {str(error)[:120]}") from error
        if tracing.active is not None:
            for row in rows:
                named = row.named or decode_headers(row.headers)
                tracing.active.published(row.target, tracing.decoded(named), began)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._brokers.arguments(),
                    acks="all",
                    enable_idempotence=True,
                    linger_ms=0,
                    partitioner=ByKey(),
                    max_batch_size=256 * 1024,
                    max_request_size=_LARGEST,
                    request_timeout_ms=10_000,
                )
                try:
                    async with asyncio.timeout(8):
                        await producer.start()
                except asyncio.CancelledError:  # its batch ends at a rebalance
                    self._discard(producer)
                    raise
                except (KafkaError, OSError, TimeoutError) as error:
                    self._discard(producer)
                    raise Unavailable("Kafka", f"{type(error).__name__}: {str(error)[:120]}") from error
                self._producer = producer
            return self._producer

    def _replace(self, producer: AIOKafkaProducer) -> None:
        """After a failure the producer's sequence numbers cannot be trusted. It may still send rows; readers drop repeats."""
        if self._producer is producer:
            self._producer = None
            self._discard(producer)

    def _discard(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(_stop(producer))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def stop(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        async with asyncio.timeout(3):
            await producer.stop()
    except Exception as error:
        log.info("producer_cut_off", why=repr(error)[:120])
        # stop() flushes first, for ever if need be. Left alone it would keep its connections, and would send its rows
        # when Kafka is back, though a new producer has sent them.
        for part in (producer._sender, producer.client):  # pyright: ignore[reportPrivateUsage]
            with contextlib.suppress(Exception, asyncio.CancelledError):
                async with asyncio.timeout(3):
                    await part.close()

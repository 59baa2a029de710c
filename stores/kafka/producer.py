"""Sends commands to Kafka by one idempotent producer: for the edge, the demo data and the command line.

After a KafkaError the producer cannot be trusted. It is thrown away, and a new one is made in the background, so callers
need no reconnect logic of their own.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stores import tracing
from stores.ending import end
from stores.errors import Unavailable
from stores.kafka.brokers import Brokers
from stores.kafka.partitioning import ByKey
from stores.log_repeats import Drags
from stores.telemetry import logger

REQUEST_TIMEOUT_MS = 3_000
START_SECONDS = 5.0  # for a broker that accepts a connection and does not answer
STOP_SECONDS = 2.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0)
MAX_PENDING = 2_000  # sends without an acknowledgement; more would be past their deadlines when Kafka is back
MAX_PENDING_BYTES = 64 * 1024 * 1024
MAX_BYTES = 2 * 1024 * 1024

_log = logger("stores.kafka.producer")


class NotSent(Unavailable):
    """The message never left this process: it is in no log, now or later."""


class Appended(NamedTuple):
    """Where the log has the message. at: ms since the epoch, by the broker's clock on LogAppendTime topics."""

    partition: int
    offset: int
    at: int


class CommandProducer:
    """`start()` returns at once and connects in the background, for as long as it takes."""

    def __init__(self, brokers: Brokers, client_id: str) -> None:
        self._brokers = brokers
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._connected = asyncio.Event()
        self._broken = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._pending = 0
        self._pending_bytes = 0

    @property
    def connected(self) -> bool:
        return self._producer is not None

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep(), name="kafka producer")

    async def wait_connected(self) -> None:
        await self._connected.wait()

    async def send(
        self, topic: str, key: str, headers: Mapping[str, str], body: bytes, partition: int | None = None
    ) -> Appended:
        """Waits for the acknowledgement of all replicas. The caller sets a time-out, which does not withdraw the record.

        partition: None for that of the key.

        Raises NotSent if Kafka is not connected or too much is under way, Unavailable if the record may be in the log.
        """
        producer = self._producer
        if producer is None:
            raise NotSent("kafka", "not connected")
        if self._pending >= MAX_PENDING:
            raise NotSent("kafka", f"{MAX_PENDING} messages wait for their acknowledgement")
        if self._pending_bytes + len(body) > MAX_PENDING_BYTES:
            raise NotSent("kafka", f"messages of {MAX_PENDING_BYTES} bytes wait for their acknowledgement")
        self._pending += 1
        self._pending_bytes += len(body)
        began = time.time_ns()
        try:
            encoded = [(name, value.encode()) for name, value in headers.items()]
            acknowledged = await producer.send(topic, body, key.encode(), partition, headers=encoded)
            # shield: a caller that gives up must not cancel a future that the batch still resolves
            record: Any = await asyncio.shield(acknowledged)
        except KafkaError as error:
            self._replace(producer, error)
            raise Unavailable("kafka", type(error).__name__) from error
        finally:
            self._pending -= 1
            self._pending_bytes -= len(body)
        if tracing.active is not None:
            tracing.active.published(topic, headers, began)
        return Appended(record.partition, record.offset, record.timestamp)

    async def stop(self) -> None:
        """Takes about STOP_SECONDS at most, also when Kafka is down. What is not acknowledged by then is given up."""
        if self._keeper is not None:
            await end(self._keeper)
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _close(producer)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _replace(self, producer: AIOKafkaProducer, error: KafkaError) -> None:
        if self._producer is not producer:
            return
        _log.warning("kafka producer replaced", error=type(error).__name__)
        self._producer = None
        self._connected.clear()
        self._broken.set()
        task = asyncio.create_task(_close(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _keep(self) -> None:
        while True:
            self._broken.clear()
            self._producer = await self._make()
            self._connected.set()
            await self._broken.wait()

    async def _make(self) -> AIOKafkaProducer:
        tries, drags = 0, Drags()
        while True:
            producer = AIOKafkaProducer(
                **self._brokers.arguments(),
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                partitioner=ByKey(),
                request_timeout_ms=REQUEST_TIMEOUT_MS,
                max_request_size=MAX_BYTES,
                metadata_max_age_ms=30_000,
            )
            try:
                await asyncio.wait_for(producer.start(), START_SECONDS)
            except (KafkaError, OSError, TimeoutError) as error:
                await _close(producer)
                seconds = drags.due()
                if tries == 0 or seconds:
                    _log.warning("kafka is not reachable, trying on", error=type(error).__name__, seconds=seconds)
                await asyncio.sleep(BACKOFF_SECONDS[min(tries, len(BACKOFF_SECONDS) - 1)])
                tries += 1
            except asyncio.CancelledError:
                await _close(producer)
                raise
            else:
                _log.info("kafka producer connected")
                return producer


async def _close(producer: AIOKafkaProducer) -> None:
    """aiokafka's stop() flushes first, for ever if need be. After STOP_SECONDS only the connections are closed."""
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(producer.stop(), STOP_SECONDS)
        return
    with contextlib.suppress(Exception):
        await producer._sender.close()  # pyright: ignore[reportPrivateUsage]
    with contextlib.suppress(Exception):
        await producer.client.close()

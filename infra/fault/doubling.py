"""Publishes what is on the topics once more, as it is, some moments later: as a producer may whose acknowledgement was lost.

So messages come twice, and those of different keys in another order than the first time.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

LATER = (0.0, 5.0)  # seconds, least and most
PAUSE = 0.5  # seconds until Kafka is asked again


class Doubling:
    """share: of the messages. `run` until it is cancelled; then `rest`. doubled: how many were."""

    def __init__(self, brokers: str, topics: Sequence[str], share: float, random: Random) -> None:
        self._brokers = brokers
        self._topics = topics
        self._share = share
        self._random = random
        self._at_work: set[asyncio.Task[None]] = set()
        self._ours: set[tuple[str, int, int]] = set()
        self.doubled = 0

    async def run(self) -> None:
        while True:
            consumer = AIOKafkaConsumer(*self._topics, bootstrap_servers=self._brokers, auto_offset_reset="earliest")
            producer = AIOKafkaProducer(bootstrap_servers=self._brokers, acks="all", request_timeout_ms=5000)
            try:
                await producer.start()
                await consumer.start()
                async for record in consumer:
                    # Not what it has published itself.
                    if (record.topic, record.partition, record.offset) not in self._ours and (
                        self._random.random() < self._share
                    ):
                        self._begin(producer, record)
            except (KafkaError, OSError):
                await asyncio.sleep(PAUSE)
            finally:
                with contextlib.suppress(KafkaError, OSError):
                    await consumer.stop()
                await self.rest()
                with contextlib.suppress(KafkaError, OSError):
                    await producer.stop()

    async def rest(self) -> None:
        if self._at_work:
            await asyncio.wait(self._at_work)

    def _begin(self, producer: AIOKafkaProducer, record: Any) -> None:
        task = asyncio.create_task(self._again(producer, record))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _again(self, producer: AIOKafkaProducer, record: Any) -> None:
        """Not where Kafka is away: it need not come twice."""
        await asyncio.sleep(self._random.uniform(*LATER))
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            sent: Any = await asyncio.wait_for(
                producer.send_and_wait(
                    record.topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
                ),
                10,
            )
            self._ours.add((sent.topic, sent.partition, sent.offset))
            self.doubled += 1

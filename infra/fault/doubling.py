"""Publishes what is on the topics once more, as it is, some moments later: as a producer may whose acknowledgement was lost.

So messages come twice, and those of different keys in another order than the first time.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer

from infra.fault.following import AWAY, Following
from infra.fault.people.errands import Errands

LATER = (0.0, 5.0)  # seconds, least and most
PAUSE = 0.5  # seconds until Kafka is asked again


class Doubling:
    """share: of the messages. `run` until it is cancelled. doubled: how many were."""

    def __init__(self, brokers: str, topics: Sequence[str], share: float, random: Random) -> None:
        self._brokers = brokers
        self._following = Following(brokers, topics)
        self._share = share
        self._random = random
        self._errands = Errands()
        self._ours: set[tuple[str, int, int]] = set()  # published and not read yet
        self.doubled = 0

    async def run(self) -> None:
        while True:
            producer = AIOKafkaProducer(bootstrap_servers=self._brokers, acks="all", request_timeout_ms=5000)
            try:
                await producer.start()
                async with contextlib.aclosing(self._following.records()) as records:
                    async for record in records:
                        self._see(producer, record)
            except AWAY:
                await asyncio.sleep(PAUSE)
            finally:
                await self._errands.rest()
                with contextlib.suppress(*AWAY):
                    await producer.stop()

    def _see(self, producer: AIOKafkaProducer, record: Any) -> None:
        """What it has published itself is not published again."""
        place = record.topic, record.partition, record.offset
        if place in self._ours:
            self._ours.discard(place)
        elif self._random.random() < self._share:
            self._errands.begin(self._again(producer, record))

    async def _again(self, producer: AIOKafkaProducer, record: Any) -> None:
        """Not where Kafka is away: it need not come twice."""
        await asyncio.sleep(self._random.uniform(*LATER))
        with contextlib.suppress(*AWAY, TimeoutError):
            sent: Any = await asyncio.wait_for(
                producer.send_and_wait(
                    record.topic, record.value, key=record.key, partition=record.partition, headers=list(record.headers)
                ),
                10,
            )
            self._ours.add((sent.topic, sent.partition, sent.offset))
            self.doubled += 1

"""Reads topics with a plain Kafka client, each record once, however often Kafka goes away."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

AWAY = (KafkaError, OSError)
"""What `records` and `begin` raise where Kafka is away."""


class Following:
    """From the beginning of the topics; after an outage from where it was."""

    def __init__(self, brokers: str, topics: Sequence[str]) -> None:
        self._brokers = brokers
        self._topics = topics
        self._next: dict[Any, int] = {}  # partition → offset

    async def records(self) -> AsyncGenerator[Any]:
        """Raises AWAY: call it again after a moment."""
        consumer = AIOKafkaConsumer(
            *self._topics, bootstrap_servers=self._brokers, auto_offset_reset="earliest", enable_auto_commit=False
        )
        try:
            await consumer.start()
            for place in consumer.assignment():
                if place in self._next:
                    consumer.seek(place, self._next[place])
            while True:
                for place, found in (await consumer.getmany(timeout_ms=500)).items():
                    for record in found:
                        self._next[place] = record.offset + 1
                        yield record
        finally:
            with contextlib.suppress(*AWAY):
                await consumer.stop()

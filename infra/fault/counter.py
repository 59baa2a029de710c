"""Who hands orders over: reads order_events with a plain Kafka client, and says at the edge that an order is delivered. Now and
then nobody says it, and the order's own timer has to."""

import asyncio
import contextlib
from collections import Counter
from random import Random

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from infra.fault.city import City
from infra.fault.customers import Edge
from topics.contracts import order_events
from topics.messages import headers

FORGOTTEN = 0.2  # share of the orders
PAUSE = 0.5  # seconds until Kafka is asked again


class Counters:
    """`run` until it is cancelled. answers: of the edge, by status."""

    def __init__(self, brokers: str, edge: Edge, city: City, random: Random) -> None:
        self._brokers = brokers
        self._edge = edge
        self._city = city
        self._random = random
        self._at_work: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()
        self.answers = Counter[str]()

    async def run(self) -> None:
        while True:
            consumer = AIOKafkaConsumer(
                order_events.TOPIC.name, bootstrap_servers=self._brokers, auto_offset_reset="earliest"
            )
            try:
                await consumer.start()
                async for record in consumer:
                    self._see(record.key or b"", dict(record.headers))
            except (KafkaError, OSError):
                await asyncio.sleep(PAUSE)
            finally:
                with contextlib.suppress(KafkaError, OSError):
                    await consumer.stop()

    async def rest(self) -> None:
        while self._at_work:
            await asyncio.wait(self._at_work)

    def _see(self, key: bytes, named: dict[str, bytes]) -> None:
        order = key.decode()
        if named.get(headers.TYPE) != b"OrderReady" or order in self._seen:
            return
        self._seen.add(order)
        if self._random.random() >= FORGOTTEN:
            task = asyncio.create_task(self._hand_over(order))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    async def _hand_over(self, order: str) -> None:
        status, _ = await self._edge.ask(self._city.owner, "POST", f"/orders/{order}/deliver", {})
        self.answers[str(status)] += 1

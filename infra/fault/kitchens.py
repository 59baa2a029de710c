"""Kitchens that are plain AMQP clients, and answer at random: in time, twice, with nonsense, for another, late, or never."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

WAYS = {
    "accepts": 0.5, "accepts twice": 0.1, "nonsense first": 0.06, "for another first": 0.06, "accepts, then rejects": 0.06,
    "never ready": 0.06, "rejects": 0.08, "silent": 0.08,
}  # fmt: skip
COOKS = (0.1, 2.0)  # seconds from one answer to the next, least and most
PAUSE = 0.5  # seconds until RabbitMQ is asked again
PATIENCE = 5.0  # seconds for a confirm


class Kitchens:
    """`run` until it is cancelled. ways: what they did. lost: why a connection was."""

    def __init__(self, url: str, restaurants: Sequence[str], random: Random) -> None:
        self._url = url
        self._restaurants = restaurants
        self._random = random
        self._at_work: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()  # orders
        self._channel: aio_pika.abc.AbstractChannel | None = None
        self.ways = Counter[str]()
        self.lost = Counter[str]()

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever a driver raises when its server goes; it is asked again
                self.lost[type(error).__name__] += 1
                await asyncio.sleep(PAUSE)

    async def rest(self) -> None:
        """Returns when every answer that was begun is given."""
        while self._at_work:
            await asyncio.wait(self._at_work)

    async def _listen(self) -> None:
        connection, lost = await aio_pika.connect(self._url, timeout=PATIENCE), asyncio.Event()
        connection.close_callbacks.add(lambda *_: lost.set())
        try:
            async with asyncio.timeout(PATIENCE * 2):
                channel = await connection.channel()
                channel.close_callbacks.add(lambda *_: lost.set())
                await channel.set_qos(prefetch_count=50)
                for restaurant in self._restaurants:
                    queue = await channel.get_queue(f"kitchen.{restaurant}", ensure=True)
                    await queue.consume(self._take)
            self._channel = channel
            await lost.wait()
            self.lost["closed"] += 1
        finally:
            self._channel = None
            with contextlib.suppress(Exception):  # a connection that is broken may never say that it is closed
                await asyncio.wait_for(connection.close(), PATIENCE)

    async def _take(self, message: AbstractIncomingMessage) -> None:
        said = json.loads(message.body)
        await message.ack()
        if message.type != "ticket":
            self.ways[message.type or ""] += 1
            return
        order = said["order_id"]
        if order not in self._seen:  # a ticket may come twice, and is cooked once
            self._seen.add(order)
            task = asyncio.create_task(self._cook(order, said))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    async def _cook(self, order: str, ticket: Mapping[str, Any]) -> None:
        way = self._random.choices([*WAYS], [*WAYS.values()])[0]
        self.ways[way] += 1
        accept = {"order_id": order, "decision": "accept", "prep_time": self._random.randint(1, 30)}
        reject = {"order_id": order, "decision": "reject", "reason": "Malzeme bitti"}
        ready = {"order_id": order, "decision": "ready"}
        others = [each for each in self._restaurants if each != ticket["restaurant_id"]]
        answers: dict[str, Sequence[Any]] = {
            "accepts": (accept, ready),
            "accepts twice": (accept, accept, ready, ready),
            "nonsense first": (b"{ no JSON", {"order_id": order, "decision": "burn"}, accept, ready),
            "for another first": ({**reject, "restaurant_id": self._random.choice(others)}, accept, ready),
            "accepts, then rejects": (accept, reject, ready),
            "never ready": (accept,),
            "rejects": (reject,),
            "silent": (),
        }
        for n, answer in enumerate(answers[way]):
            await asyncio.sleep(self._random.uniform(*COOKS))
            await self._say(answer, f"{order} {n}")

    async def _say(self, answer: Any, id: str) -> None:
        """Until RabbitMQ has it."""
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        said = aio_pika.Message(body, message_id=id, delivery_mode=2, content_type="application/json")
        while True:
            try:
                return await self._publish(said)
            except Exception:  # whatever a driver raises when its server goes
                await asyncio.sleep(PAUSE)

    async def _publish(self, said: aio_pika.Message) -> None:
        if self._channel is None:
            raise ConnectionError("RabbitMQ is away")
        exchange = await self._channel.get_exchange("kitchen.replies", ensure=False)
        await exchange.publish(said, "", timeout=PATIENCE)

"""Kitchens that are plain AMQP clients, and answer at random: in time, twice, in broken words, for another, late, or never."""

import asyncio
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from infra.fault.people.errands import Errands

WAYS = {
    "accepts": 0.48, "accepts twice": 0.1, "in broken words first": 0.08, "for another first": 0.06,
    "accepts, then rejects": 0.06, "never ready": 0.06, "rejects": 0.08, "silent": 0.08,
}  # fmt: skip
OBEDIENT = {"accepts": 1.0}
COOKS = (0.1, 2.0)  # seconds from one answer to the next, least and most
PAUSE = 0.5  # seconds until RabbitMQ is asked again
PATIENCE = 5.0  # seconds for a confirm
BURIED_WITHIN = 60.0  # seconds from the last answer
KEPT = 5_000  # unusable answers that are looked for: fewer than RabbitMQ keeps
LARGE = 70 * 1024  # bytes: more than an answer may have


def broken_words(random: Random, order: str) -> bytes:
    """An answer that nobody can use."""
    said: Sequence[Any] = (
        b"{ no JSON", b"\xff\xfe\x00", b"[]", b"null", b"", b" " * LARGE, b"[" * 10_000,
        {"order_id": order, "decision": "burn"}, {"order_id": order}, {"order_id": 7, "decision": "accept"},
        {"order_id": order, "decision": "accept", "prep_time": 24 * 60},
        {"order_id": order, "decision": "accept", "prep_time": -1},
        {"order_id": order, "decision": "reject", "reason": "x" * 501}, {"order_id": order, "decision": "delay"},
        {"order_id": order, "decision": "delay", "reason": "  ", "minutes": 5},
        {"order_id": order, "decision": "delay", "reason": "a", "minutes": 100_000},
        {"order_id": "00000000-0000-4000-8000-000000000000", "decision": "ready"},
    )  # fmt: skip
    chosen = random.choice(said)
    return chosen if isinstance(chosen, bytes) else json.dumps(chosen).encode()


class Kitchens:
    """`run` until it is cancelled. chosen: ways of answering, with their shares. ways: what they did. lost: why a connection
    was. wrong: tickets that came again under another id, or without a mark. unusable: ids of the last answers that nobody can
    use."""

    def __init__(self, url: str, restaurants: Sequence[str], random: Random, chosen: Mapping[str, float]) -> None:
        self._url = url
        self._restaurants = restaurants
        self._random = random
        self._chosen = chosen
        self._errands = Errands()
        self._seen: dict[int, int] = {}  # hash of an order → hash of its ticket's id
        self._channel: aio_pika.abc.AbstractChannel | None = None
        self.ways = Counter[str]()
        self.lost = Counter[str]()
        self.wrong: list[str] = []
        self.unusable = deque[str](maxlen=KEPT)

    @property
    def tickets(self) -> int:
        """Orders of which a ticket came."""
        return len(self._seen)

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever a driver raises when its server goes; it is asked again
                self.lost[type(error).__name__] += 1
                await asyncio.sleep(PAUSE)

    async def rest(self) -> None:
        """Returns when every answer that was begun is given."""
        await self._errands.rest()

    async def _listen(self) -> None:
        connection, lost = await aio_pika.connect(self._url, timeout=PATIENCE), asyncio.Event()

        def gone(*_: object) -> None:
            lost.set()

        connection.close_callbacks.add(gone)
        try:
            async with asyncio.timeout(PATIENCE * 2):
                channel = await connection.channel()
                channel.close_callbacks.add(gone)
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
        order, id = said["order_id"], hash(message.message_id)
        before = self._seen.get(hash(order))
        if before is None:
            self._seen[hash(order)] = id
            self._errands.begin(self._cook(order, said))
        elif before != id:
            self.wrong.append(f"{order}: another ticket, {message.message_id}")
        elif not message.redelivered and "x-repeated" not in message.headers:
            self.wrong.append(f"{order}: its ticket came again without a mark")

    async def _cook(self, order: str, ticket: Mapping[str, Any]) -> None:
        way = self._random.choices([*self._chosen], [*self._chosen.values()])[0]
        self.ways[way] += 1
        accept = {"order_id": order, "decision": "accept", "prep_time": self._random.randint(1, 30)}
        reject = {"order_id": order, "decision": "reject", "reason": "Malzeme bitti"}
        ready = {"order_id": order, "decision": "ready"}
        others = [each for each in self._restaurants if each != ticket["restaurant_id"]]
        answers: dict[str, Sequence[Any]] = {
            "accepts": (accept, ready),
            "accepts twice": (accept, accept, ready, ready),
            "in broken words first": (
                broken_words(self._random, order),
                broken_words(self._random, order),
                accept,
                ready,
            ),
            "for another first": ({**reject, "restaurant_id": self._random.choice(others)}, accept, ready),
            "accepts, then rejects": (accept, reject, ready),
            "never ready": (accept,),
            "rejects": (reject,),
            "silent": (),
        }
        broken = {"in broken words first": 2, "for another first": 1}.get(way, 0)
        for n, answer in enumerate(answers[way]):
            await asyncio.sleep(self._random.uniform(*COOKS))
            id = f"{order} {n}"
            if n < broken:
                self.unusable.append(id)
            await self._say(answer, id)

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

    async def unburied(self) -> Sequence[str]:
        """Ids of unusable answers that do not come to `kitchen.replies.dead` in time. Its messages are taken from there. Raises
        whatever the driver does where RabbitMQ is away."""
        missing = set(self.unusable)
        deadline = time.monotonic() + BURIED_WITHIN
        connection = await aio_pika.connect(self._url, timeout=PATIENCE)
        async with connection:
            channel = await connection.channel()
            dead = await channel.get_queue("kitchen.replies.dead", ensure=False)
            while missing and time.monotonic() < deadline:
                message = await dead.get(fail=False, no_ack=True)
                if message is None:
                    await asyncio.sleep(PAUSE)
                else:
                    missing.discard(message.message_id or "")
        return sorted(missing)

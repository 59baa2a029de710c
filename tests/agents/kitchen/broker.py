"""A kitchen's own AMQP client, and what the kitchen domain has around it, in tests on a real RabbitMQ."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.exceptions import ConnectionInternalError

from agents.kitchen.queues import DEAD, REPLIES
from agents.kitchen.ticket import TicketState
from stores.protocol import Stored
from tests.deadline import until, within
from topics.messages.message import Message
from topics.messages.reply import Reply
from topics.messages.topic import Topic


@dataclass
class States:
    """States of tickets, by order id: the part of a store that is asked. asked: how often it was."""

    by_order: dict[str, TicketState] = field(default_factory=dict[str, TicketState])
    error: Exception | None = None
    asked: int = 0

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        found = {id: self.by_order[id] for id in ids if id in self.by_order}
        return {id: Stored(1, msgspec.json.encode(state)) for id, state in found.items()}


@dataclass
class Orders:
    """What comes to the orders. answers: their decisions, in turn; None: nobody answers in time. traced: the trace context of
    each command."""

    commands: list[tuple[str, Message, str]] = field(default_factory=list[tuple[str, Message, str]])
    answers: list[Reply | None] = field(default_factory=list[Reply | None])
    errors: list[Exception] = field(default_factory=list[Exception])
    traced: list[str] = field(default_factory=list[str])

    async def send(self, topic: Topic, key: str, message: Message, id: str, traceparent: str = "") -> None:
        if self.errors:
            raise self.errors.pop(0)
        assert topic.decode(type(message).__name__, topic.encode(message)) == message
        self.commands.append((key, message, id))
        self.traced.append(traceparent)

    async def ask(
        self, topic: Topic, key: str, message: Message, id: str, seconds: float, traceparent: str = ""
    ) -> Reply | None:
        await self.send(topic, key, message, id, traceparent)
        return self.answers.pop(0)


class Kitchen:
    """A plain AMQP client."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._answers: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        self._mine = ""

    async def open(self) -> None:
        self._connection = await aio_pika.connect(self._url)
        self._channel = await self._connection.channel()

    async def close(self) -> None:
        await self._connection.close()

    async def ticket(self, queue: str, seconds: float = 60.0) -> AbstractIncomingMessage:
        """The next message of this queue, taken and acknowledged. A queue that is not there yet is waited for."""
        got: list[AbstractIncomingMessage] = []

        async def there() -> bool:
            try:
                found = await (await self._channel.get_queue(queue, ensure=False)).get(fail=False)
            except (ChannelNotFoundEntity, ConnectionInternalError):  # no queue yet, or one that is being made
                await self.close()
                await self.open()
                return False
            if found is not None:
                await found.ack()
                got.append(found)
            return found is not None

        await until(f"a message in {queue}", there, seconds)
        return got[0]

    async def refuse(self, queue: str) -> None:
        """Gives the next message back as one that it does not want."""

        async def refused() -> bool:
            found = await (await self._channel.get_queue(queue, ensure=False)).get(fail=False)
            if found is not None:
                await found.reject(requeue=False)
            return found is not None

        await until(f"a message in {queue}", refused)

    async def count(self, queue: str) -> int:
        declared = await self._channel.declare_queue(queue, passive=True)
        return declared.declaration_result.message_count or 0

    async def say(
        self, body: Any, *, id: str | None = None, reply_to: str | None = None, exchange: str = REPLIES, **more: Any
    ) -> None:
        """An answer: bytes as they are, all else as JSON."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        said = aio_pika.Message(raw, message_id=id, reply_to=reply_to, delivery_mode=2, **more)
        place = await self._channel.get_exchange(exchange, ensure=False)
        await place.publish(said, "")

    async def ask(self, body: Any, *, id: str | None = None, **more: Any) -> dict[str, Any]:
        """An answer with `reply_to`, and what it is told."""
        if not self._mine:
            mine = await self._channel.declare_queue(exclusive=True)
            await mine.consume(self._answers.put, no_ack=True)
            self._mine = mine.name
        await self.say(body, id=id, reply_to=self._mine, **more)
        told = await within("what became of the answer", self._answers.get())
        assert told.type == "answer"
        return msgspec.json.decode(told.body)

    async def buried(self) -> AbstractIncomingMessage:
        return await self.ticket(DEAD)


@asynccontextmanager
async def kitchen(url: str) -> AsyncGenerator[Kitchen]:
    made = Kitchen(url)
    await made.open()
    try:
        yield made
    finally:
        await made.close()

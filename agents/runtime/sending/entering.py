"""Commands that something outside Kafka has led to. One that is sent again under its id changes nothing twice: the inbox of its
receiver knows it."""

import asyncio
import secrets

from agents.runtime.sending.letters import begun
from agents.runtime.sending.publisher import Publisher
from stores.redis.answers import Answers
from stores.redis.connection import connect
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.reply import Reply
from topics.messages.topic import Topic


class Entrance:
    """domain: the one that sends them. redis: URL of the server through which answers come."""

    def __init__(self, domain: str, publisher: Publisher, redis: str) -> None:
        self._domain = domain
        self._publisher = publisher
        self._asks = f"{domain}-{secrets.token_hex(8)}"
        self._answers = Answers(connect(redis), self._asks)

    async def listen(self) -> None:
        """Hears answers, for ever."""
        self._answers.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self._answers.stop()

    def deaf(self) -> str | None:
        """Why no answers are heard now; None where they are."""
        return None if self._answers.connected else "Redis is away"

    async def send(self, topic: Topic, key: str, message: Message, id: str, traceparent: str = "") -> None:
        """Returns when Kafka has it. traceparent: of its flow, where that is known. Raises Unavailable: it may be there."""
        await self._publisher.publish([begun(self._domain, topic, key, message, id, *_traced(traceparent))])

    async def ask(
        self, topic: Topic, key: str, message: Message, id: str, seconds: float, traceparent: str = ""
    ) -> Reply | None:
        """What became of it. None: Kafka has it, and nobody has answered within so many seconds. Raises Unavailable."""
        heard = self._answers.expect(id)
        asking = ((headers.REPLY_TO, self._asks.encode()), (headers.OPERATION, id.encode()), *_traced(traceparent))
        try:
            await self._publisher.publish([begun(self._domain, topic, key, message, id, *asking)])
            await asyncio.wait({heard}, timeout=seconds)
            return heard.result() if heard.done() else None
        finally:
            self._answers.forget(id)


def _traced(traceparent: str) -> tuple[tuple[str, bytes], ...]:
    return ((headers.TRACEPARENT, traceparent.encode()),) if traceparent else ()

"""Stands in for all domains: takes commands from the real topics and replies through the real Redis."""

import asyncio
import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import nacl.public
from aiokafka import AIOKafkaConsumer
from redis.asyncio import Redis

from stores.errors import Unavailable
from stores.protocol import OutboxRow
from stores.redis.replies import Replies, ReplyNote
from tests.http_edge.documents import placed_order
from topics.contracts import all_topics
from topics.messages import headers
from topics.messages.reply import Reply, Wrote


@dataclass(frozen=True)
class Command:
    topic: str
    key: str
    headers: dict[str, str]
    body: Any
    at: int

    @property
    def id(self) -> str:
        return self.headers[headers.ID]


Behaviour = Callable[[Command], Reply | None]


def done(command: Command, body: Any = None, *, wrote: tuple[Wrote, ...] = ()) -> Reply:
    return Reply(
        operation_id=command.id,
        status="done",
        body=msgspec.Raw(msgspec.json.encode(_answer(command) if body is None else body)),
        caller=command.headers.get(headers.CALLER),
        fingerprint=command.headers.get(headers.FINGERPRINT),
        wrote=wrote,
    )


def _answer(command: Command) -> Any:
    """As its domain would answer, where the edge makes something else of it."""
    if command.headers[headers.TYPE] == "Checkout":
        return placed_order("order-1", command.key)
    if command.headers[headers.TYPE] == "OpenImport":
        return {"number": 1}
    return {"message": "done"}


def refused(command: Command, code: str, detail: str = "no") -> Reply:
    caller, fingerprint = command.headers.get(headers.CALLER), command.headers.get(headers.FINGERPRINT)
    return Reply(
        operation_id=command.id, status="failed", code=code, detail=detail, caller=caller, fingerprint=fingerprint
    )


def sealed(command: Command, body: Any) -> Reply:
    public = nacl.public.PublicKey(base64.b64decode(command.headers[headers.REPLY_SEAL]))
    box = base64.b64encode(nacl.public.SealedBox(public).encrypt(msgspec.json.encode(body))).decode()
    return Reply(operation_id=command.id, status="done", sealed=box)


class Domains:
    """taken: every command, in order. behave(f): f(command) → the reply, None: silence."""

    def __init__(self, broker: str, redis: Redis) -> None:
        self._consumer = AIOKafkaConsumer(
            *(name for name, topic in all_topics().items() if name.endswith("_commands") or "edge" in topic.producers),
            bootstrap_servers=broker,
            auto_offset_reset="latest",
        )
        self._replies = Replies(redis)
        self.taken: list[Command] = []
        self._behaviour: Behaviour = done

    def behave(self, behaviour: Behaviour = done) -> None:
        self.taken.clear()
        self._behaviour = behaviour

    async def __aenter__(self) -> "Domains":
        await self._consumer.start()
        # positions before the first command, or it would lie before "latest"
        await asyncio.gather(*(self._consumer.position(each) for each in self._consumer.assignment()))
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._consumer.stop()

    async def _run(self) -> None:
        async for record in self._consumer:
            found = {name: value.decode() for name, value in record.headers}
            body = msgspec.json.decode(record.value)
            command = Command(record.topic, record.key.decode(), found, body, record.timestamp)
            self.taken.append(command)
            reply = self._behaviour(command)
            if reply is not None:
                with contextlib.suppress(Unavailable):
                    await self.send(reply, command.headers[headers.REPLY_TO])

    async def send(self, reply: Reply, edge_id: str) -> None:
        note = msgspec.json.encode(ReplyNote(caller=reply.caller, wrote=reply.wrote)).decode()
        row = OutboxRow("reply", edge_id, reply.operation_id.encode(), note, msgspec.json.encode(reply))
        await self._replies.publish([row])

"""A client of Server-Sent Events, as browsers read them."""

import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import aiohttp

from tests.deadline import SECONDS, within
from tests.http_edge.client import Client
from tests.http_edge.conftest import World
from topics import keys

PLACED, CANCELLED = "2026-01-01T12:00:00Z", "2026-01-01T12:05:00Z"


class Heard(NamedTuple):
    id: str
    name: str
    data: Any


class Events:
    """One open stream. beats: comments that came."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.beats = 0
        self._lines = answer.content

    async def next(self) -> Heard | None:
        """None: the stream is over."""
        found = {"id": "", "event": "message", "data": ""}
        while line := await self._lines.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name in found:
                found[name] = value
            elif name == ":":
                self.beats += 1
            elif name == "" and found["data"]:
                return Heard(found["id"], found["event"], json.loads(found["data"]))
        return None

    async def hears(self, what: str, seconds: float = SECONDS) -> Heard | None:
        return await within(what, self.next(), seconds)

    async def rest(self) -> list[Heard]:
        """All until the stream ends."""
        found: list[Heard] = []
        while (heard := await self.hears("the stream to go on or to end")) is not None:
            found.append(heard)
        return found


def follow(client: Client, order: str, last: str | None = None) -> AbstractAsyncContextManager[Events]:
    return follow_at(client, f"/orders/{order}/events", last)


@asynccontextmanager
async def follow_at(client: Client, path: str, last: str | None = None) -> AsyncGenerator[Events]:
    said = {} if client.token is None else {"Authorization": f"Bearer {client.token}"}
    if last is not None:
        said["Last-Event-ID"] = last
    async with client.http.get(client.base + path, headers=said, timeout=aiohttp.ClientTimeout()) as answer:
        assert answer.status == 200, await answer.read()
        yield Events(answer)


async def none_open(edge: World) -> bool:
    return edge.edge.streams.count == 0


class Order:
    """An order, as the projection shows what becomes of it."""

    def __init__(self, world: World, user: str | None = None) -> None:
        self.id, self.user = str(uuid.uuid4()), user or str(uuid.uuid4())
        self.world = world
        self.moments: list[dict[str, Any]] = []

    async def becomes(self, status: str, at: str = PLACED, reason: str | None = None, *, told: bool = True) -> None:
        """told: followers hear of it."""
        unsaid = dict.fromkeys(("by", "ready_at", "payment_status"))
        self.moments.append({"status": status, "at": at, "reason": reason, **unsaid})
        await self.write(told=told)

    async def write(self, *, told: bool = True) -> None:
        document = json.dumps({"user_id": self.user, "moments": self.moments})
        async with self.world.redis.pipeline(transaction=True) as step:
            step.set(keys.document("order_timeline", self.id), f"{len(self.moments)}\n{document}")
            if told:
                step.publish(keys.CHANGES, json.dumps({"view": "order_timeline", "ids": [self.id]}))
            await step.execute()

    def happened(self, *, since: int = 0) -> list[Heard]:
        """What a stream says of it."""
        said: Sequence[dict[str, Any]] = self.moments
        return [Heard(str(n), each["status"], each) for n, each in enumerate(said, 1) if n > since]


def ended(why: str) -> Heard:
    return Heard("", "end", {"why": why})

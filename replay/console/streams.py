"""Server-sent events: what a page that is open is told. A bounded number at once; who does not read is let go."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

import msgspec
from aiohttp import web

from stores.ending import end
from stores.errors import Unavailable

MOST = 16
"""Streams of one console at once."""
_UNREAD_SECONDS = 10.0
_QUIET_SECONDS = 15.0  # after which a comment is sent, so that a connection that is gone is noticed
_AGAIN = b"retry: 2000\n\n"


class Event(NamedTuple):
    """name, data: of the event. id: with which a browser that lost the connection asks again; empty: none."""

    name: str
    data: object
    id: str = ""

    def encoded(self) -> bytes:
        """JSON has no line breaks, and neither name nor id may have any."""
        id = f"id: {self.id}\n" if self.id else ""
        return f"{id}event: {self.name}\ndata: {msgspec.json.encode(self.data).decode()}\n\n".encode()


class Streams:
    """All streams of a console."""

    def __init__(self) -> None:
        self._carried = set[asyncio.Task[None]]()

    async def carry(self, request: web.Request, events: AsyncGenerator[Event]) -> web.StreamResponse:
        """Until the browser goes. 503 where there are too many."""
        if len(self._carried) >= MOST:
            return web.Response(status=503, text="too many pages of this console are open\n")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Connection": "close"})
        await answer.prepare(request)
        task = asyncio.create_task(_carry(answer, events))
        self._carried.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            await end(task)
            self._carried.discard(task)
        return answer

    async def close(self) -> None:
        for task in [*self._carried]:
            await end(task)


async def _carry(answer: web.StreamResponse, events: AsyncGenerator[Event]) -> None:
    async with aclosing(events):
        try:
            await answer.write(_AGAIN)
            next_one = asyncio.ensure_future(anext(events))
            try:
                while True:
                    done, _ = await asyncio.wait((next_one,), timeout=_QUIET_SECONDS)
                    said = next_one.result().encoded() if done else b": still here\n\n"
                    await asyncio.wait_for(answer.write(said), _UNREAD_SECONDS)
                    if done:
                        next_one = asyncio.ensure_future(anext(events))
            finally:
                next_one.cancel()
                await asyncio.wait((next_one,))
        except Unavailable as error:
            await answer.write(Event("away", str(error)).encoded())
        except (ConnectionError, TimeoutError, StopAsyncIteration):
            return

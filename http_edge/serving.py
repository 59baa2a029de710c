"""One listening edge process: who is let in, whose turn it is, and how it ends without a request that fails."""

import asyncio
import contextlib
from collections.abc import Awaitable
from functools import partial
from typing import Any, cast

from aiohttp.web import BaseRequest

from http_edge.gateway import Gateway
from http_edge.wire import trace
from http_edge.wire.connection import Connection, Server
from http_edge.wire.connections import Connections, Full
from http_edge.wire.listener import Listener
from http_edge.wire.problems import Problem
from http_edge.wire.responses import Wire, alone
from stores.ending import end

SHUTDOWN_SECONDS = 4.0  # requests that are running end within 3 s by themselves
GRACE_SECONDS = 1.5  # for clients of an ending process to ask once more over a connection that they keep
ROUND_SECONDS = 1.0
MAX_LINE = 16 * 1024
PIPELINED_AT_ONCE = 1

_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    "keepalive_timeout": 0,  # none of aiohttp's: connections.Connections has one
    "max_line_size": MAX_LINE,
    "max_field_size": MAX_LINE,
}

_FULL: dict[Full, Problem] = {
    "address": Problem(429, "too_many_connections", "Too many connections come from your address."),
    "total": Problem(
        503, "too_many_connections", "There is no room for another connection right now, please try again."
    ),
}


class Serving:
    """The ports of an edge process, one for each gateway. All of them share the bounds of its connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._turns = asyncio.Semaphore(PIPELINED_AT_ONCE)
        self._servers: dict[Gateway, Server] = {}
        self._shared: list[Listener] = []
        self._alone: list[Listener] = []
        self._rounds: asyncio.Task[None] | None = None

    async def bind(self, gateway: Gateway, host: str, port: int) -> int:
        """The port, also where 0 was asked for; nobody is let in before `open`. SO_REUSEPORT: the kernel spreads connections
        over the processes that share the port. Raises OSError where it cannot be had."""
        listener = self._listener(gateway)
        bound = await listener.bind(host, port, shared=True)
        self._shared.append(listener)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._go_round())
        return bound

    async def open_alone(self, gateway: Gateway, port: int) -> None:
        """The routes of a gateway on 127.0.0.1, of this process and no other. Raises OSError."""
        listener = self._listener(gateway)
        await listener.bind("127.0.0.1", port, shared=False)
        self._alone.append(listener)
        listener.listen()

    def open(self) -> None:
        """From now on clients come in."""
        for listener in self._shared:
            listener.listen()
        self._connections.accepting = True

    async def close(self, drain_seconds: float = 0.0) -> None:
        """Says "not ready" for drain_seconds, then accepts no more, ends streams, and lets running requests end
        (SHUTDOWN_SECONDS at most). Connections end with their next answer, or after GRACE_SECONDS without a request."""
        self._connections.accepting = False
        await asyncio.sleep(drain_seconds)
        for listener in self._shared:
            await listener.close()
        for gateway in self._servers:
            gateway.end_streams()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self._connections.until_empty()
        self._connections.cut_off_waiting()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_SECONDS - GRACE_SECONDS):
                await self._connections.until_empty()
        for listener in self._alone:
            await listener.close()
        if self._rounds is not None:
            await end(self._rounds)
        for server in self._servers.values():
            await server.shutdown(0.1)

    def _listener(self, gateway: Gateway) -> Listener:
        server = self._servers.get(gateway)
        if server is None:
            server = self._servers[gateway] = Server(partial(self._handle, gateway), self._connections, **_OPTIONS)
        return Listener(self._connections, server, _refusal)

    def _handle(self, gateway: Gateway, request: BaseRequest) -> Awaitable[Wire]:
        if cast(Connection, request.protocol).pipelines:
            return self._in_turn(gateway, request)
        return gateway.handle(request)

    async def _in_turn(self, gateway: Gateway, request: BaseRequest) -> Wire:
        """Who sends requests before the answers are there can send any number at once: all such clients share one place."""
        async with self._turns:
            return await gateway.handle(request)

    async def _go_round(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            self._connections.cut_off_late()


def _refusal(full: Full) -> bytes:
    return alone(_FULL[full].answer(trace.fresh()))

"""One listening edge: who is let in, whose turn it is, and how it ends without a request that fails."""

import asyncio
import contextlib
from collections.abc import Awaitable
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
LINGER_SECONDS = 2.0  # for the rest of a body that was refused
NEVER = 86_400.0  # aiohttp's own time-out between requests: connections.Connections has a closer one
ROUND_SECONDS = 1.0
MAX_LINE = 16 * 1024
PIPELINED_AT_ONCE = 1

_FULL: dict[Full, Problem] = {
    "address": Problem(429, "too_many_connections", "Too many connections come from your address."),
    "total": Problem(
        503, "too_many_connections", "There is no room for another connection right now, please try again."
    ),
}


class Serving:
    """A listening edge. port: as bound, also where 0 was asked for."""

    def __init__(self, gateway: Gateway, connections: Connections) -> None:
        self.port = 0
        self._gateway = gateway
        self._connections = connections
        self._turns = asyncio.Semaphore(PIPELINED_AT_ONCE)
        options: dict[str, Any] = {
            "access_log": None,
            "auto_decompress": False,
            "keepalive_timeout": NEVER,
            "lingering_time": LINGER_SECONDS,
            "max_line_size": MAX_LINE,
            "max_field_size": MAX_LINE,
        }
        self._server = Server(self._handle, connections, **options)
        self._shared = Listener(connections, self._server, _refusal)
        self._alone = Listener(connections, self._server, _refusal)
        self._rounds: asyncio.Task[None] | None = None

    async def bind(self, host: str, port: int) -> None:
        """SO_REUSEPORT: the kernel spreads connections over the processes that share the port. Raises OSError where it cannot
        be had."""
        self.port = await self._shared.bind(host, port, shared=True)
        self._rounds = asyncio.create_task(self._go_round())

    async def open_alone(self, port: int) -> None:
        """The same routes on 127.0.0.1, of this process and no other. Raises OSError."""
        await self._alone.bind("127.0.0.1", port, shared=False)
        self._alone.listen()

    def open(self) -> None:
        """From now on clients come in."""
        self._shared.listen()
        self._connections.accepting = True

    async def close(self, drain_seconds: float = 0.0) -> None:
        """Says "not ready" for drain_seconds, then accepts no more, ends streams, and lets running requests end
        (SHUTDOWN_SECONDS at most). Connections end with their next answer, or after GRACE_SECONDS without a request."""
        self._connections.accepting = False
        await asyncio.sleep(drain_seconds)
        await self._shared.close()
        self._gateway.end_streams()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await self._connections.until_empty()
        self._connections.cut_off_waiting()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_SECONDS - GRACE_SECONDS):
                await self._connections.until_empty()
        await self._alone.close()
        if self._rounds is not None:
            await end(self._rounds)
        await self._server.shutdown(0.1)

    def _handle(self, request: BaseRequest) -> Awaitable[Wire]:
        if cast(Connection, request.protocol).pipelines:
            return self._in_turn(request)
        return self._gateway.handle(request)

    async def _in_turn(self, request: BaseRequest) -> Wire:
        """Who sends requests before the answers are there can send any number at once: all such clients share one place."""
        async with self._turns:
            return await self._gateway.handle(request)

    async def _go_round(self) -> None:
        while True:
            await asyncio.sleep(ROUND_SECONDS)
            self._connections.cut_off_late()


def _refusal(full: Full) -> bytes:
    return alone(_FULL[full].answer(trace.fresh()))

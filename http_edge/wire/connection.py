"""One connection of a client: aiohttp's protocol, within bounds."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from aiohttp import StreamReader, web
from aiohttp.web_protocol import RequestHandler

from http_edge.wire import trace
from http_edge.wire.connections import Connections
from http_edge.wire.problems import Problem, internal
from http_edge.wire.responses import respond

WRITE_SECONDS = 20.0  # for a client to take PIECE bytes
MOST_HEAD = 64 * 1024  # bytes of a request line with its header
MOST_AHEAD = 64 * 1024  # bytes of further requests while one is answered; aiohttp takes 32 requests at most


class Connection(RequestHandler):
    """Answers what the parser refuses (bad request lines, headers, chunks) like everything else. See responses.Carrier.

    on_lost: called when it is lost: a stream would not notice until its next write.
    """

    on_lost: Callable[[], None] | None = None

    def __init__(self, server: "Server", connections: Connections, **options: Any) -> None:
        super().__init__(server, **options)
        self._connections = connections
        self._answering = False
        self._body: StreamReader | None = None  # of the last request that was parsed
        self._head_size = 0
        self._ahead = 0
        self._held = False

    @property
    def pipelines(self) -> bool:
        """Whether the client has sent another request already."""
        return bool(self._messages)

    def cut_off(self) -> None:
        """Raises nothing."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self._connections.leave(self)
        if self.on_lost is not None:
            self.on_lost()

    def data_received(self, data: bytes) -> None:
        before, in_body = len(self._messages), self._body is not None and not self._body.is_eof()
        super().data_received(data)
        if len(self._messages) > before:
            self._body = self._messages[-1][1]
            self._head_size = 0
        if in_body or (self._body is not None and not self._body.is_eof()):
            return  # a body has a bound of its own where it is read; what may follow it in this piece is a piece at most
        if len(self._messages) == before:
            self._head_size += len(data)
            if self._head_size > MOST_HEAD:
                return self._connections.cut_off(self, "large_head")
            if not self._answering:
                self._connections.began(self)
        if self._answering:
            self._hold_back(len(data))

    def _hold_back(self, size: int) -> None:
        self._ahead += size
        if self._ahead > MOST_AHEAD and not self._held and self.transport is not None:
            self._held = True
            self.transport.pause_reading()

    def asked(self) -> None:
        """A request of this connection is about to be answered."""
        self._answering = True
        self._connections.at_work(self)

    def answered(self) -> None:
        self._answering = False
        if self._messages:
            return
        self._connections.waits(self)
        self._ahead = 0
        if self._held and self.transport is not None and not self.transport.is_closing():
            self._held = False
            self.transport.resume_reading()

    def owes(self, size: int) -> bool:
        return self._connections.owes(self, size)

    def took(self) -> None:
        self._connections.took(self)

    def paid(self) -> None:
        self._connections.paid(self)

    async def taken(self) -> None:
        """Raises ConnectionResetError."""
        if not self.writing_paused:
            return
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._drain_helper()
        except TimeoutError:
            self._connections.cut_off(self, "unread")
            raise ConnectionResetError("the client does not read") from None

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if status >= 500:
            self.log_exception("Unhandled", exc_info=exc)
            problem = internal()
        else:
            problem = Problem(status, "bad_request", f"This is no HTTP request: {HTTPStatus(status).phrase}.")
        named = trace.of_request(request.headers)
        wire = respond(request, problem.answer(named.request_id), frozenset(), named.request_id, close=True)
        return cast(web.StreamResponse, wire)


class Server(web.Server):
    """Makes the connections, and notices when one asks."""

    def __init__(self, handler: Any, connections: Connections, **options: Any) -> None:
        super().__init__(handler, loop=asyncio.get_running_loop(), request_factory=self._asked, **options)
        self._admitted = connections

    def __call__(self) -> Connection:
        return Connection(self, self._admitted, loop=self._loop, **self._kwargs)

    def _asked(self, message: Any, payload: Any, protocol: RequestHandler, writer: Any, task: Any) -> web.BaseRequest:
        cast(Connection, protocol).asked()
        return web.BaseRequest(message, payload, protocol, writer, task, self._loop)

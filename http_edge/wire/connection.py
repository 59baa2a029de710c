"""One connection of a client: aiohttp's protocol, within bounds."""

import asyncio
import contextlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_protocol import ERROR, RequestHandler, _ErrInfo  # pyright: ignore[reportPrivateUsage]

from http_edge.wire import trace
from http_edge.wire.connections import Connections
from http_edge.wire.problems import Problem, internal
from http_edge.wire.responses import respond

WRITE_SECONDS = 20.0  # for a client to take PIECE bytes
MOST_HEAD = 64 * 1024  # bytes of a request line with its header
MOST_AHEAD = 64 * 1024  # bytes of further requests while one is answered; aiohttp takes 32 requests at most
LINGER_SECONDS = 2.0  # for the rest of a body that was refused

_NO_WRITER = cast(AbstractStreamWriter, None)  # answers are written to the transport: see responses.Wire


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
        self._party: str | None = None

    @property
    def party(self) -> str:
        """The client, as far as its address tells; empty for a trusted proxy."""
        if self._party is None:
            peer = self.peername
            self._party = self._connections.party(str(peer[0]) if isinstance(peer, tuple) else peer or "")
        return self._party

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

    async def start(self) -> None:
        """Answers the requests of the connection in their order. Called by aiohttp, as the connection's task.

        aiohttp's own makes one more task for each request, and a writer and a timer that nobody here uses.
        """
        while not self._force_close:
            if not self._messages:
                await self._until_asked()
            if not await self._answer_next():
                break
            if self._messages:
                await asyncio.sleep(0)  # a client that sends many at once gives way to others between two of them
        if not self._force_close:
            self._task_handler = None
            if self.transport is not None:
                self.transport.close()

    async def _until_asked(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def _answer_next(self) -> bool:
        """Whether another request may follow."""
        message, body = self._messages.popleft()
        if self._parser is not None:
            self._parser.message_consumed()
        if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
            self._resume_reading_if_drained()
        handler = self._request_handler
        if isinstance(message, _ErrInfo):
            message, handler = ERROR, self._make_error_handler(message)
        assert handler is not None
        task = cast("asyncio.Task[None]", self._task_handler)
        self.asked()
        request = web.BaseRequest(message, body, self, _NO_WRITER, task, self._loop)
        try:
            answer, gone = await self._handle_request(request, None, handler)
            if gone:
                return False
            if not body.is_eof():
                await self._linger(body)
        except ConnectionError:
            return False
        except Exception as error:
            self.log_exception("Unhandled exception", exc_info=error)
            self.force_close()
            return False
        except BaseException:
            self.force_close()
            raise
        return bool(answer.keep_alive) and not self._close

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Writes the answer. Whether the client has gone stands beside it."""
        if self._upgraded:  # aiohttp's own takes up what came behind a request to change the protocol
            return await super().finish_response(request, resp, start_time)
        try:
            await resp.write_eof()
        except ConnectionError:
            return resp, True
        return resp, False

    async def _linger(self, body: StreamReader) -> None:
        """Takes the rest of a body, so that the client reads the answer before the connection ends."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not body.is_eof() and not self._force_close:
                    await body.readany()
                return
        self.close()

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
    """Makes the connections."""

    def __init__(self, handler: Any, connections: Connections, **options: Any) -> None:
        super().__init__(handler, loop=asyncio.get_running_loop(), **options)
        self._admitted = connections

    def __call__(self) -> Connection:
        return Connection(self, self._admitted, loop=self._loop, **self._kwargs)

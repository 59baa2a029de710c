"""Answers as HTTP/1.1: head and body as one write. aiohttp's Response costs a third of a whole read (it builds, checks
and serialises each header anew), so the lines that never change are bytes here, made once a status and content type."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Protocol, cast

from aiohttp.helpers import rfc822_formatted_time
from aiohttp.web import BaseRequest

from http_edge.wire import cors
from http_edge.wire.answer import Answer, Streams
from stores.errors import Unavailable

_ALWAYS = {
    # one name on every answer, instead of library versions
    "Server": "lezzet",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_UNLESS_SAID = {
    # answers belong to their caller, and views change with every event
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_BODILESS = (204, 304)
PIECE = 64 * 1024  # bytes of a body that are written at once: the transport's high-water mark

_heads: dict[tuple[int, str, bool], bytes] = {}
_origins: dict[str, bytes] = {}


class Wire:
    """What aiohttp's protocol wants of a response: prepare, write_eof, keep_alive."""

    __slots__ = ("_body", "_head", "_request", "keep_alive", "status")

    def __init__(self, request: BaseRequest, status: int, head: bytes, body: bytes, *, keep_alive: bool) -> None:
        self._request = request
        self._head = head
        self._body = body
        self.status = status
        self.keep_alive = keep_alive

    async def prepare(self, request: BaseRequest) -> None:
        """Nothing to do: the head is complete."""

    async def write_eof(self) -> None:
        """Returns when the next answer may be written. Raises ConnectionResetError where the client has gone, or does not
        read."""
        carrier = cast(Carrier, self._request.protocol)
        try:
            await self._write(carrier)
        finally:
            carrier.answered()

    async def _write(self, carrier: "Carrier") -> None:
        if len(self._body) <= PIECE:
            self._put(self._head + self._body)
            if carrier.writing_paused:
                await carrier.taken()
        else:
            rest = memoryview(self._body)
            await self._write_pieces(carrier, (rest[start : start + PIECE] for start in range(0, len(rest), PIECE)))

    async def _write_pieces(self, carrier: "Carrier", pieces: Iterable[bytes | memoryview]) -> None:
        try:
            self._put(self._head)
            for piece in pieces:
                await self._write_piece(carrier, piece)
        finally:
            carrier.paid()

    async def _write_piece(self, carrier: "Carrier", piece: bytes | memoryview) -> None:
        self._put(piece)
        await carrier.taken()
        carrier.took()
        # To hand over megabytes at once takes the loop for milliseconds, also where the client reads fast.
        await asyncio.sleep(0)

    def _put(self, data: bytes | memoryview) -> None:
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        transport.write(data)


class PartsWire(Wire):
    """The head, and then each part of a large body. Other requests get their turn between two parts."""

    __slots__ = ("_parts",)

    def __init__(
        self, request: BaseRequest, status: int, head: bytes, parts: Iterable[bytes], *, keep_alive: bool
    ) -> None:
        super().__init__(request, status, head, b"", keep_alive=keep_alive)
        self._parts = parts

    async def _write(self, carrier: "Carrier") -> None:
        await self._write_pieces(carrier, self._parts)


class ChunksWire(Wire):
    """The head, and then each piece of a body as it is read. What cannot be read breaks the connection off: the client sees
    that less came than the head has said."""

    __slots__ = ("_chunks",)

    def __init__(
        self, request: BaseRequest, status: int, head: bytes, chunks: AsyncIterator[bytes], *, keep_alive: bool
    ) -> None:
        super().__init__(request, status, head, b"", keep_alive=keep_alive)
        self._chunks = chunks

    async def _write(self, carrier: "Carrier") -> None:
        try:
            self._put(self._head)
            async for chunk in self._chunks:
                for start in range(0, len(chunk), PIECE):
                    await self._write_piece(carrier, memoryview(chunk)[start : start + PIECE])
        except Unavailable as away:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ConnectionResetError(str(away)) from None
        finally:
            carrier.paid()


class StreamWire(Wire):
    """The head, and then whatever the stream writes; the connection ends with it. ended: told the bytes of the body."""

    __slots__ = ("_ended", "_stream")

    def __init__(
        self, request: BaseRequest, status: int, head: bytes, stream: Streams, ended: Callable[[int], None]
    ) -> None:
        super().__init__(request, status, head, b"", keep_alive=False)
        self._stream = stream
        self._ended = ended

    async def _write(self, carrier: "Carrier") -> None:
        try:
            await super()._write(carrier)
            transport = self._request.transport
            if transport is not None and self._request.method != "HEAD":
                carrier.on_lost = self._stream.gone
                await self._stream.carry(transport)
        finally:
            self._stream.gone()
            self._ended(self._stream.written)


class Carrier(Protocol):
    """The connection that carries answers: see connection.Connection.

    on_lost: called when it is lost: nobody else would notice until the next write. writing_paused: the client has not taken
    what was written. taken: waits until it has, raises ConnectionResetError where it does not in time. took, paid: see
    connections.Connections. answered: the answer is written.
    """

    on_lost: Callable[[], None] | None

    @property
    def writing_paused(self) -> bool: ...
    async def taken(self) -> None: ...
    def took(self) -> None: ...
    def paid(self) -> None: ...
    def answered(self) -> None: ...


def respond(
    request: BaseRequest,
    answer: Answer,
    origins: frozenset[str],
    request_id: str,
    *,
    close: bool = False,
    ended: Callable[[int], None] | None = None,
) -> Wire:
    """ended: told when a stream is over; needed where the answer is one."""
    said, body, status = answer.headers, answer.body, answer.status
    close = close or answer.stream is not None  # the end of such a body is the end of the connection
    head = _head(status, answer.content_type, said is None)
    length = b"" if status in _BODILESS or answer.stream else b"Content-Length: %d\r\n" % answer.size
    date = rfc822_formatted_time()
    own = f"Date: {date}\r\nX-Correlation-Id: {request_id}\r\n".encode()
    origin = request.headers.get(cors.ORIGIN)
    allowed = _allowed(origin) if origin is not None and origin in origins else b""
    more = _lines(_UNLESS_SAID | dict(said)) if said is not None else b""
    keep_alive = not close and request.keep_alive and request.version >= (1, 1)
    if said is not None and said.get("Connection") == "close":
        keep_alive = False
    elif not keep_alive:
        more += b"Connection: close\r\n"
    lines = b"".join((head, length, own, allowed, more, b"\r\n"))
    if answer.stream is not None:
        assert ended is not None
        return StreamWire(request, status, lines, answer.stream, ended)
    if request.method == "HEAD":
        return Wire(request, status, lines, b"", keep_alive=keep_alive)
    if answer.parts is not None:
        return PartsWire(request, status, lines, answer.parts.each, keep_alive=keep_alive)
    if answer.chunks is not None:
        return ChunksWire(request, status, lines, answer.chunks.each, keep_alive=keep_alive)
    return Wire(request, status, lines, body, keep_alive=keep_alive)


def alone(answer: Answer) -> bytes:
    """A whole answer for a connection that is not let in."""
    date = {"Date": rfc822_formatted_time(), "Connection": "close", "Content-Length": str(len(answer.body))}
    head = _head(answer.status, answer.content_type, False)
    return head + _lines(_UNLESS_SAID | dict(answer.headers or {}) | date) + b"\r\n" + answer.body


def _head(status: int, content_type: str, alone: bool) -> bytes:
    """Status line and the headers that are the same each time; alone: the answer brings none of its own."""
    found = _heads.get((status, content_type, alone))
    if found is None:
        lines = _ALWAYS | (_UNLESS_SAID if alone else {}) | ({"Content-Type": content_type} if content_type else {})
        found = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode() + _lines(lines)
        _heads[status, content_type, alone] = found
    return found


def _allowed(origin: str) -> bytes:
    found = _origins.get(origin)
    if found is None:
        found = _origins[origin] = _lines(cors.allowed(origin))
    return found


def _lines(headers: Mapping[str, str]) -> bytes:
    """Raises ValueError for a line break: it would end the header."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if text.count("\r") != len(headers) or text.count("\n") != len(headers):
        raise ValueError("a header holds a line break")
    return text.encode("latin-1")

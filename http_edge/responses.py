"""Answers as HTTP/1.1: head and body as one write. aiohttp's Response costs a third of a whole read (it builds, checks
and serialises each header anew), so the lines that never change are bytes here, made once a status and content type."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp.helpers import rfc822_formatted_time
from aiohttp.web import BaseRequest

from http_edge import cors
from http_edge.answer import Answer

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
_WITHOUT_DRAIN = 64 * 1024  # bytes: the transport's high-water mark

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
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        transport.write(self._head + self._body)
        if len(self._body) > _WITHOUT_DRAIN:
            await self._request.writer.drain()


def respond(
    request: BaseRequest, answer: Answer, origins: frozenset[str], request_id: str, *, close: bool = False
) -> Wire:
    said, body, status = answer.headers, answer.body, answer.status
    head = _head(status, answer.content_type, said is None)
    length = b"" if status in _BODILESS else b"Content-Length: %d\r\n" % len(body)
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
    if request.method == "HEAD":
        body = b""
    return Wire(request, status, b"".join((head, length, own, allowed, more, b"\r\n")), body, keep_alive=keep_alive)


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

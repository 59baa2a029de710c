"""One client that follows a document or a list: what is written to it, when, and why it ends."""

import asyncio
import socket
from asyncio import Transport
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

import msgspec

from http_edge.routing.stream_events import DocumentEvents, LatestValueAt, StreamEvent
from http_edge.wire.tokens import Caller
from stores.telemetry import logger
from topics import keys

CHECK_SECONDS = 5.0  # between two beats of a stream
HEARTBEAT_SECONDS = 15.0  # at most between two writes: proxies cut off what is silent for longer
MOST_UNREAD = 16 * 1024  # bytes that wait here for a client, beyond what the kernel takes
KERNEL_BUFFER = 32 * 1024  # bytes that the kernel is asked to hold for a client
DEAD_MS = 30_000  # a peer that acknowledges nothing for so long is gone
RECONNECT_MS = 2_000  # what clients are told to wait before they come back

Why = Literal["complete", "token_expired", "token_revoked", "not_shown", "restart"]

_log = logger("http_edge.reads.stream")


class Home(Protocol):
    """All streams of the process."""

    def look_at(self, streams: "Iterable[Stream]") -> None: ...
    def leave(self, stream: "Stream") -> None: ...


class StreamEnd(msgspec.Struct, frozen=True):
    """Data of the last event, `end`. why: complete (nothing will follow), token_expired, token_revoked, not_shown (what it
    followed is gone), restart (come back at once)."""

    why: Why


class Stream:
    """One client that follows what stands at one place. See answer.Streams."""

    __slots__ = (
        "_alarm", "_ended", "_home", "_transport", "_written_at", "caller", "due", "open", "place", "written",
    )  # fmt: skip

    def __init__(self, home: Home, caller: Caller, place: str) -> None:
        self.caller = caller
        self.place = place
        self.due = 0.0
        self.open = True
        self.written = 0
        self._home = home
        self._transport: Transport | None = None
        self._written_at = 0.0
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alarm: asyncio.TimerHandle | None = None

    async def carry(self, transport: Transport) -> None:
        """Returns when the stream is over."""
        if self.open and not transport.is_closing():
            _bound(transport)
            self._transport = transport
            self._write(b"retry: %d\n\n" % RECONNECT_MS)
            self._home.look_at((self,))
            await self._ended

    def expire_in(self, seconds: float) -> None:
        """When its token does."""
        self._alarm = asyncio.get_running_loop().call_later(max(0.0, seconds), self.end, "token_expired")

    def beat(self, now: float) -> None:
        """A comment where nothing has been written for long, so that everybody on the way knows that it lives."""
        if self._transport is None or now + CHECK_SECONDS < self._written_at + HEARTBEAT_SECONDS:
            return
        if self._transport.get_write_buffer_size():
            return self._cut_off("it has not read the last write")
        self._write(b":\n\n")

    def end(self, why: Why) -> None:
        """Says so to the client, also to one that has not read everything yet: it may go on reading, nothing more comes."""
        if self._transport is not None and not self._transport.is_closing():
            self._put(self._transport, b"event: end\ndata: %b\n\n" % msgspec.json.encode(StreamEnd(why)))
        self.gone()

    def gone(self) -> None:
        """The client has gone, or has been told the end. Twice is fine."""
        if not self.open:
            return
        self.open = False
        self._transport = None
        if self._alarm is not None:
            self._alarm.cancel()
        if not self._ended.done():
            self._ended.set_result(None)
        self._home.leave(self)

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return  # of a closing transport asyncio reports the end soon, and gone() is called then
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            return self._cut_off("too much waits for it")
        self._put(self._transport, data)

    def _put(self, transport: Transport, data: bytes) -> None:
        transport.write(data)
        self.written += len(data)
        self._written_at = asyncio.get_running_loop().time()

    def _cut_off(self, why: str) -> None:
        _log.info("a client of a stream does not read", why=why, place=self.place)
        if self._transport is not None:
            self._transport.abort()
        self.gone()


class DocumentStream(Stream):
    """A client that follows one document, of which it is told what it does not have."""

    __slots__ = ("_events_of", "_sent", "_told_value", "_version", "latest_value")

    def __init__(
        self,
        home: Home,
        caller: Caller,
        place: str,
        events_of: Callable[[bytes], DocumentEvents],
        seen: int,
        latest_value: LatestValueAt | None = None,
    ) -> None:
        super().__init__(home, caller, place)
        self.latest_value = latest_value
        self._events_of = events_of
        self._sent = seen
        self._version = 0
        self._told_value = 0

    def tell(self, value: bytes, latest_value: bytes | None = None) -> None:
        """Writes the events of the document, as it is stored now, that the client does not have; and the latest value, if it is
        another one. value, latest_value: `<version>\\n<json>`."""
        if latest_value is not None:
            self._tell_value(latest_value)
        version, body = keys.split(value)
        if self._transport is None or version == self._version:
            return
        if not body:
            return self.end("not_shown")
        told = self._events_of(body)
        fresh = [event(b"%d" % number, each) for number, each in enumerate(told.events, 1) if number > self._sent]
        if fresh:
            self._sent += len(fresh)
            self._write(b"".join(fresh))
        self._version = version
        if told.complete:
            self.end("complete")

    def _tell_value(self, value: bytes) -> None:
        """It has no id: who comes back is told the latest."""
        version, body = keys.split(value)
        if self.latest_value is not None and version != self._told_value:
            self._told_value = version
            self._write(b"event: %b\ndata: %b\n\n" % (self.latest_value.name.encode(), body))


def event(id: bytes, told: StreamEvent) -> bytes:
    """As it is written to a client."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (id, told.name.encode(), told.data)


def _bound(transport: Transport) -> None:
    """What the kernel holds for a client, and for how long it believes in one that has vanished."""
    connection = transport.get_extra_info("socket")
    if connection is None:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_MS)

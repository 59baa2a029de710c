"""The sockets that an edge process listens on, and who is let in by them.

Its own accept, for three reasons: a connection that is refused costs no transport, a process without descriptors says so, and
a process that ends takes in whoever is connected already, before it closes: the kernel would reset them, though its sisters
listen on the same port (SO_REUSEPORT).
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from http_edge.wire.connection import Connection
from http_edge.wire.connections import Connections, Full
from stores.telemetry import logger

BACKLOG = 1024
AT_ONCE = 16  # connections that are taken in before others have their turn
AGAIN_SECONDS = 0.5  # after a failure: there are no descriptors left
UNSENT_BYTES = 128 * 1024  # that the kernel holds for a connection, beyond what is on its way

_log = logger("http_edge.wire.listener")


class Listener:
    """refusal: what a connection is told that finds no room."""

    def __init__(
        self, connections: Connections, make: Callable[[], Connection], refusal: Callable[[Full], bytes]
    ) -> None:
        self._connections = connections
        self._make = make
        self._refusal = refusal
        self._sockets: list[socket.socket] = []
        self._coming: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()

    async def bind(self, host: str, port: int, *, shared: bool) -> int:
        """The port, also where 0 was asked for; nobody is let in before `listen`. shared: other processes may have it, too.

        Raises OSError where it cannot be had.
        """
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, *_, address in dict.fromkeys(found):
            self._sockets.append(_bound(family, address, shared=shared))
        return int(self._sockets[0].getsockname()[1])

    def listen(self) -> None:
        for each in self._sockets:
            each.listen(BACKLOG)
            self._loop.add_reader(each, self._accept, each, AT_ONCE)

    async def close(self) -> None:
        """Whoever is connected already is let in; from then on the kernel knows only the sisters."""
        for each in self._sockets:
            self._loop.remove_reader(each)
            while self._accept(each, AT_ONCE):
                pass
            each.close()
        self._sockets.clear()
        await asyncio.gather(*self._coming, return_exceptions=True)

    def _accept(self, listening: socket.socket, most: int) -> bool:
        """False: nobody waits any more."""
        for _ in range(most):
            try:
                accepted, (address, *_) = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return False
            except OSError as error:
                return self._rest(listening, error)
            self._let_in(accepted, address)
        return True

    def _let_in(self, accepted: socket.socket, address: str) -> None:
        accepted.setblocking(False)
        protocol = self._make()
        full = self._connections.enter(protocol, address)
        if full is not None:
            with accepted, contextlib.suppress(OSError):
                accepted.send(self._refusal(full))
            return
        coming = self._loop.create_task(self._connect(accepted, protocol))
        self._coming.add(coming)
        coming.add_done_callback(self._coming.discard)

    async def _connect(self, accepted: socket.socket, protocol: Connection) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: protocol, accepted)
        except OSError:
            accepted.close()
            self._connections.leave(protocol)

    def _rest(self, listening: socket.socket, error: OSError) -> bool:
        """Otherwise the loop would try again at once, without end."""
        _log.error("no connection can be taken in", why=error.strerror)
        self._loop.remove_reader(listening)
        self._loop.call_later(AGAIN_SECONDS, self._go_on, listening)
        return False

    def _go_on(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._accept, listening, AT_ONCE)


def _bound(family: int, address: tuple[object, ...], *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # accepted connections have it from here
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        made.setblocking(False)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made

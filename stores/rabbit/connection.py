"""One connection with one channel: opened when it is needed, with all that the topology names, and anew where it broke."""

import asyncio
import contextlib
from collections.abc import Generator
from contextlib import contextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed
from pamqp.common import FieldTable

from stores.errors import Unavailable
from stores.rabbit import Queue, Topology
from stores.telemetry import logger

SERVER = "RabbitMQ"
SECONDS = 5.0
"""For each question to the server."""

_HEARTBEAT = 5  # seconds; a server that hangs is given up after three of them
_CLOSING = 2.0  # seconds

_log = logger("stores.rabbit")


@contextmanager
def translated() -> Generator[None]:
    """The driver's errors as Unavailable. It cancels what waits for an answer when its connection breaks; who is cancelled by
    somebody else stays cancelled."""
    try:
        yield
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unavailable(SERVER, "the connection is closed") from None
    except Exception as error:
        # It raises a plain Exception at an end.
        if isinstance(error, (*CONNECTION_EXCEPTIONS, TimeoutError)) or type(error) is Exception:
            raise Unavailable(SERVER, f"{type(error).__name__}: {str(error)[:160]}") from error
        raise


class Connection:
    """url: amqp://[user:password@]host[:port][/vhost], or amqps://. name: how the server lists it. confirms: its channel is for
    publishing."""

    def __init__(self, url: str, name: str, topology: Topology, *, confirms: bool) -> None:
        self._url = url
        self._name = name
        self._topology = topology
        self._confirms = confirms
        self._opening = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None

    async def channel(self) -> AbstractChannel:
        """Open, as far as anybody knows. Raises Unavailable."""
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                await self._close()
                with translated():
                    await self._open()
            assert self._channel is not None
            return self._channel

    async def declare(self, queue: Queue) -> None:
        """A queue that exists with other arguments stays as it is. Raises Unavailable."""
        await self.channel()
        connection = self._connection
        if connection is None:
            raise Unavailable(SERVER, "the connection is closed")
        with translated():
            await _declare(connection, queue)

    async def answers(self) -> bool:
        """Whether the server does, on the connection that there is."""
        connection = self._connection
        if connection is None:
            return False
        try:
            with translated():
                async with asyncio.timeout(SECONDS), connection.channel(publisher_confirms=False):
                    return True
        except Unavailable:
            return False

    async def lose(self, channel: AbstractChannel | None = None) -> None:
        """Closes the connection, since nobody knows what state it is in: the next call opens another one. channel: only if this
        is still its channel; another task may have opened a new one already."""
        if channel is None or self._channel is channel:
            await self._close()

    async def _open(self) -> None:
        named: FieldTable = {"connection_name": self._name}
        async with asyncio.timeout(SECONDS):
            connection = await aio_pika.connect(self._url, client_properties=named, heartbeat=_HEARTBEAT)
        self._connection = connection
        try:
            await _make(connection, self._topology)
            async with asyncio.timeout(SECONDS):
                channel = connection.channel(publisher_confirms=self._confirms, on_return_raises=self._confirms)
                await channel.initialize()
            self._channel = channel
        except BaseException:
            await self._close()
            raise

    async def _close(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_CLOSING):
                    await connection.close()


async def _make(connection: AbstractConnection, topology: Topology) -> None:
    async with asyncio.timeout(SECONDS), connection.channel(publisher_confirms=False) as channel:
        for exchange in topology.exchanges:
            await channel.declare_exchange(exchange.name, exchange.kind, durable=True)
    for queue in topology.queues:
        await _declare(connection, queue)


async def _declare(connection: AbstractConnection, queue: Queue) -> None:
    """On channels of their own: RabbitMQ closes the one on which it refuses a declaration."""
    arguments: FieldTable = {"x-queue-type": "quorum", **queue.arguments}
    try:
        async with asyncio.timeout(SECONDS), connection.channel(publisher_confirms=False) as channel:
            await channel.declare_queue(queue.name, durable=True, arguments=arguments)
    except ChannelPreconditionFailed as error:
        _log.warning("queue_has_other_arguments", queue=queue.name, why=str(error)[:200])
    async with asyncio.timeout(SECONDS), connection.channel(publisher_confirms=False) as channel:
        there = await channel.get_queue(queue.name, ensure=False)
        for exchange, key in queue.bindings:
            await there.bind(exchange, key)

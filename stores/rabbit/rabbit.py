"""What the product does with RabbitMQ. Nothing is connected before it is needed."""

import aio_pika
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError, PublishError

from stores.errors import Unavailable
from stores.rabbit import Message, NotTaken, Queue, Silent, Topology, Unroutable
from stores.rabbit.connection import SECONDS, SERVER, Connection, translated
from stores.rabbit.consuming import Consumer, Handle, KeyOf
from stores.tracing import around_call


class Rabbit:
    """url: see Connection. name: of the part of the product that uses it, as the server lists it."""

    def __init__(self, url: str, name: str, topology: Topology) -> None:
        self._url = url
        self._name = name
        self._topology = topology
        self._publishing = Connection(url, f"{name}: publishes", topology, confirms=True)

    async def publish(self, exchange: str, key: str, message: Message) -> None:
        """Returns when each queue that it belongs into has it safely. exchange: '' for the one where the key is a queue's name.

        Raises Unroutable and NotTaken: nobody has it. Raises Unavailable and Silent: it may be there; publish it again under
        its id.
        """
        channel = await self._publishing.channel()
        try:
            with around_call("publish to RabbitMQ", **{"messaging.message.id": message.id}), translated():
                await _publish(channel, exchange, key, message)
        except Unavailable as error:
            if isinstance(error.__cause__, TimeoutError) and await self._publishing.answers():
                raise Silent(SERVER, f"the queue of {key!r} at {exchange!r} does not confirm") from None
            await self._publishing.lose(channel)
            raise

    async def declare(self, queue: Queue) -> None:
        """Makes a queue, where there is none of its name yet. Raises Unavailable."""
        try:
            await self._publishing.declare(queue)
        except Unavailable:
            await self._publishing.lose()
            raise

    def consumer(self, queue: str, prefetch: int, handle: Handle, key: KeyOf) -> Consumer:
        """On a connection of its own: a server that is short of memory stops reading from those that publish."""
        connection = Connection(self._url, f"{self._name}: consumes {queue}", self._topology, confirms=False)
        return Consumer(connection, queue, prefetch, handle, key)

    async def close(self) -> None:
        await self._publishing.lose()


async def _publish(channel: AbstractChannel, exchange: str, key: str, message: Message) -> None:
    place = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    try:
        await place.publish(_outgoing(message), key, mandatory=True, timeout=SECONDS)
    except PublishError:
        raise Unroutable(f"no queue at {exchange!r} takes {key!r}") from None
    except DeliveryError:
        raise NotTaken(f"the queue of {key!r} at {exchange!r} is full") from None


def _outgoing(message: Message) -> aio_pika.Message:
    return aio_pika.Message(
        message.body, message_id=message.id, type=message.type or None, headers=dict(message.headers),
        content_type=message.content_type, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, expiration=message.expires,
        correlation_id=message.correlation_id or None,
    )  # fmt: skip

"""Into queues that somebody may have deleted."""

from typing import Protocol

from stores.errors import Unavailable
from stores.rabbit import Message, Queue, Unroutable


class Kitchens(Protocol):
    async def publish(self, exchange: str, key: str, message: Message) -> None:
        """Raises Unroutable, NotTaken, Silent, stores.errors.Unavailable."""
        ...

    async def declare(self, queue: Queue) -> None:
        """Raises stores.errors.Unavailable."""
        ...


async def publish_into(kitchens: Kitchens, queue: Queue, message: Message) -> None:
    """Makes the queue where it is gone. queue: with one binding. Raises NotTaken, Silent, Unavailable."""
    ((exchange, key),) = queue.bindings
    try:
        return await kitchens.publish(exchange, key, message)
    except Unroutable:
        await kitchens.declare(queue)
    try:
        await kitchens.publish(exchange, key, message)
    except Unroutable as error:
        raise Unavailable("RabbitMQ", str(error)) from None

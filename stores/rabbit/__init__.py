"""RabbitMQ: what is published is confirmed, what is consumed is acknowledged when it is done. Exchanges and queues are data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from stores.errors import Unavailable

Value = str | int | float | bool | None
"""Of a header, or of an argument of a queue."""


class Unroutable(Exception):
    """No queue takes what is published under this key: nobody has the message."""


class NotTaken(Exception):
    """RabbitMQ refused this message, since its queue is full. It may take others."""


class Silent(Unavailable):
    """RabbitMQ answers, and this queue does not: the message may be in it. E.g. a quorum queue without a leader, or a server
    that is short of memory."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Durable."""

    name: str
    kind: Literal["direct", "fanout", "topic"]


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue. bindings: (exchange, routing key). arguments: its `x-` arguments besides the queue's type."""

    name: str
    bindings: tuple[tuple[str, str], ...] = ()
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, slots=True)
class Topology:
    """What has to be there before anything is published or consumed. Declared by each connection, so a server that has lost
    its data gets it again."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Persistent. id: message_id, the same on every try. type: what the body is. expires: its time in a queue, at most."""

    id: str
    body: bytes
    type: str = ""
    headers: Mapping[str, Value] = field(default_factory=dict[str, Value])
    expires: timedelta | None = None
    correlation_id: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that came. Texts are empty where its publisher set none.

    user_id: the account of the publisher, where it said so; RabbitMQ refuses a message that says another one. headers: as they
    are; those of dead letters have RabbitMQ's `x-death`.
    """

    body: bytes
    id: str = ""
    type: str = ""
    headers: Mapping[str, object] = field(default_factory=dict[str, object])
    reply_to: str = ""
    correlation_id: str = ""
    user_id: str = ""

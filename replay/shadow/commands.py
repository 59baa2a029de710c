"""Commands of the log as a decider takes them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from stores.kafka.log import Logged
from topics.messages import headers, ids, redrive
from topics.messages.message import Undecodable
from topics.messages.redrive import Redrive
from topics.messages.topic import Topic


class Asked(msgspec.Struct, frozen=True, gc=False):
    """named: its headers. message: decoded; an order to redrive, too. inbox_key: its source, and its id or that of its place in
    the log. gc=False: nothing in it can be part of a circle."""

    inbox_key: tuple[str, str]
    key: str
    at: datetime
    message: Any
    named: Mapping[str, bytes]
    logged: Logged

    def text(self, header: str) -> str | None:
        said = self.named.get(header)
        return None if said is None else said.decode(errors="backslashreplace")

    @property
    def id(self) -> str:
        return self.inbox_key[1]

    @property
    def source(self) -> str:
        return self.inbox_key[0]

    @property
    def earlier(self) -> list[tuple[str, str]]:
        """Inbox keys of the attempts before this one."""
        said = self.text(headers.EARLIER)
        return [(self.source, id) for id in said.split(",")] if said else []

    @property
    def late(self) -> bool:
        """Whether it came after its deadline."""
        deadline = self.named.get(headers.DEADLINE)
        return deadline is not None and deadline.isdigit() and self.at.timestamp() * 1000 > int(deadline)


_order = msgspec.json.Decoder(Redrive)


def read(topic: Topic, logged: Logged, body: bytes | None = None) -> Asked:
    """body: in place of its own, where it was repaired. Raises Undecodable."""
    named = dict(logged.headers)
    try:
        kind, form = named.get(headers.TYPE), named.get(headers.SCHEMA_VERSION)
        said = None if kind is None else kind.decode()
        if said == redrive.TYPE:
            message: Any = _order.decode(logged.body or b"")
        else:
            message = topic.decode(said, body or logged.body, None if form is None else form.decode())
        id = named.get(headers.ID, b"").decode()
        source = named.get(headers.SOURCE, b"").decode() or f"kafka/{logged.topic}"
        key = (logged.key or b"").decode()
    except (UnicodeDecodeError, RecursionError, msgspec.MsgspecError) as error:
        raise Undecodable("record", f"{type(error).__name__}: {error}") from None
    if not key:
        raise Undecodable("key", "missing, and commands are keyed by their aggregate")
    if not id:
        id = ids.of_position(logged.topic, 0, logged.partition, logged.offset)
    return Asked((source, id), key, logged.at, message, named, logged)


def repaired(found: Iterable[Asked]) -> dict[tuple[str, str], bytes]:
    """Inbox key → the body with which an order has had a parked message decided, of all orders among these."""
    orders = [each.message for each in found if isinstance(each.message, Redrive)]
    return {(each.source, each.id): each.body for order in orders for each in order.repaired}

"""Commands of the log, decoded for a decider."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from stores.kafka.log import Logged, Place
from topics.messages import headers, ids, redrive
from topics.messages.message import Undecodable
from topics.messages.redrive import Redrive
from topics.messages.topic import Topic


class RecordedCommand(msgspec.Struct, frozen=True, gc=False):
    """message: decoded; a Redrive, too. id: its own, or if it came without one that of its place in the log. inbox_key: its
    source and id. earlier: inbox keys of the attempts before it, of the same request. forwarded: another partition has sent it
    to the one of its key. asks: somebody waits for its outcome. timer, due: name and due time of the timer that has sent it;
    None for none.

    gc=False: Python's garbage collector need not look at it, since it refers to nothing that could refer to it.
    """

    inbox_key: tuple[str, str]
    id: str
    key: str
    at: datetime
    message: Any
    caller: str | None
    correlation: str | None
    forwarded: bool
    asks: bool
    earlier: tuple[tuple[str, str], ...]
    deadline: bytes | None
    timer: str | None
    due: str | None
    logged: Logged

    @property
    def source(self) -> str:
        return self.inbox_key[0]

    @property
    def place(self) -> Place:
        return self.logged.place

    @property
    def offset(self) -> int:
        return self.logged.offset

    @property
    def late(self) -> bool:
        """Whether it came after its deadline."""
        deadline = self.deadline
        return deadline is not None and deadline.isdigit() and self.at.timestamp() * 1000 > int(deadline)


_redrive = msgspec.json.Decoder(Redrive)


def read(topic: Topic, logged: Logged, body: bytes | None = None) -> RecordedCommand:
    """body: the repaired one, in place of its own. Raises Undecodable."""
    named = dict(logged.headers)
    try:
        kind, form = named.get(headers.TYPE), named.get(headers.SCHEMA_VERSION)
        said = None if kind is None else kind.decode()
        if said == redrive.TYPE:
            message: Any = _redrive.decode(logged.body or b"")
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
    return RecordedCommand(
        (source, id), id, key, logged.at, message, _text(named, headers.CALLER), _text(named, headers.CORRELATION),
        headers.FORWARDED in named, headers.OPERATION in named, _earlier(source, named), named.get(headers.DEADLINE),
        _text(named, headers.TIMER), _text(named, headers.DUE), logged,
    )  # fmt: skip


def _text(named: Mapping[str, bytes], header: str) -> str | None:
    said = named.get(header)
    return None if said is None else said.decode(errors="backslashreplace")


def _earlier(source: str, named: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    said = _text(named, headers.EARLIER)
    return tuple((source, id) for id in said.split(",")) if said else ()


def repaired(found: Iterable[RecordedCommand]) -> dict[tuple[str, str], bytes]:
    """Inbox key → the repaired body that a redrive among these has given to a parked message."""
    redrives = [each.message for each in found if isinstance(each.message, Redrive)]
    return {(each.source, each.id): each.body for message in redrives for each in message.repaired}

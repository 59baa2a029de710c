"""Events of the log as the domain's functions take them. Read without the agents' checks of what may be done with a message
that cannot be read: here it is told, and nothing else."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from stores.kafka.log import Logged
from topics.messages import headers
from topics.messages.event import EventMeta, time_of
from topics.messages.message import Message, Undecodable
from topics.messages.topic import Topic


class Happened(msgspec.Struct, frozen=True, gc=False):
    """An event, and what is known about it. cause: id of the command that led to it. gc=False: nothing in it can be part of a
    circle."""

    meta: EventMeta
    message: Any
    cause: str
    logged: Logged


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What the headers of an event say. Its body is not decoded: most deciding needs no more than its bytes.

    kind: its type, None where it has none. cause: as of Happened. facts: header FACTS, None where it has none.
    """

    version: int
    at: datetime
    kind: str | None
    cause: str
    facts: bytes | None
    logged: Logged

    def message(self, topic: Topic) -> Message:
        """Raises Undecodable."""
        return read(topic, self.logged).message


def read(topic: Topic, logged: Logged) -> Happened:
    """Raises Undecodable."""
    named = dict(logged.headers)
    try:
        version, at = _version(named), _time(named, logged)
        kind, form = named.get(headers.TYPE), named.get(headers.SCHEMA_VERSION)
        message = topic.decode(
            None if kind is None else kind.decode(), logged.body, None if form is None else form.decode()
        )
        meta = EventMeta(
            named.get(headers.ID, b"").decode(),
            (named.get(headers.SUBJECT) or logged.key or b"").decode(),
            version,
            at,
            named.get(headers.CORRELATION, b"").decode(),
        )
        return Happened(meta, message, named.get(headers.CAUSATION, b"").decode(), logged)
    except (UnicodeDecodeError, RecursionError) as error:
        raise Undecodable("record", f"{type(error).__name__}: {error}") from None


def entry(logged: Logged) -> Entry:
    """Raises Undecodable for headers that no event has; its body may be no event all the same."""
    named = dict(logged.headers)
    try:
        kind = named.get(headers.TYPE)
        return Entry(
            _version(named),
            _time(named, logged),
            None if kind is None else kind.decode(),
            named.get(headers.CAUSATION, b"").decode(),
            named.get(headers.FACTS),
            logged,
        )
    except UnicodeDecodeError as error:
        raise Undecodable("record", f"{type(error).__name__}: {error}") from None


def _version(named: dict[str, bytes]) -> int:
    said = named.get(headers.SEQUENCE, b"")
    if not said.isdigit() or said == b"0":
        raise Undecodable(headers.SEQUENCE, "missing, or not a version number from 1")
    return int(said)


def _time(named: dict[str, bytes], logged: Logged) -> datetime:
    said = named.get(headers.TIME)
    return logged.at if said is None else _moment(said)


@lru_cache(1024)
def _moment(said: bytes) -> datetime:
    """Events of a batch have the same one. Raises Undecodable, UnicodeDecodeError."""
    return time_of(said.decode())

"""Events of the log as the domain's functions take them. Read without the agents' checks of what may be done with a message
that cannot be read: here it is told, and nothing else."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from stores.kafka.log import Logged
from topics.messages import headers
from topics.messages.event import EventMeta
from topics.messages.message import Undecodable
from topics.messages.topic import Topic


class Happened(NamedTuple):
    """cause: id of the command that led to it. facts: header FACTS, None where it has none."""

    meta: EventMeta
    message: Any
    cause: str
    facts: bytes | None
    logged: Logged


def read(topic: Topic, logged: Logged) -> Happened:
    """Raises Undecodable."""
    try:
        return _read(topic, logged, dict(logged.headers))
    except (UnicodeDecodeError, RecursionError) as error:
        raise Undecodable("record", f"{type(error).__name__}: {error}") from None


def _read(topic: Topic, logged: Logged, named: dict[str, bytes]) -> Happened:
    sequence = named.get(headers.SEQUENCE, b"")
    if not sequence.isdigit() or sequence == b"0":
        raise Undecodable(headers.SEQUENCE, "missing, or not a version number from 1")
    kind, form = named.get(headers.TYPE), named.get(headers.SCHEMA_VERSION)
    message = topic.decode(
        None if kind is None else kind.decode(), logged.body, None if form is None else form.decode()
    )
    meta = EventMeta(
        named.get(headers.ID, b"").decode(),
        (named.get(headers.SUBJECT) or logged.key or b"").decode(),
        int(sequence),
        _time(named, logged),
        named.get(headers.CORRELATION, b"").decode(),
    )
    return Happened(meta, message, named.get(headers.CAUSATION, b"").decode(), named.get(headers.FACTS), logged)


def _time(named: dict[str, bytes], logged: Logged) -> datetime:
    said = named.get(headers.TIME)
    return logged.at if said is None else _moment(said)


@lru_cache(1024)
def _moment(said: bytes) -> datetime:
    """Events of a batch have the same one. Raises Undecodable."""
    try:
        return datetime.fromisoformat(said.decode())
    except ValueError:
        raise Undecodable(headers.TIME, "is not an RFC 3339 time") from None

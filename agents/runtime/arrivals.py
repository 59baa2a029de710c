"""A Kafka record as the runtime reads it: its sender, its id, and its message or the reason why it cannot be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from aiokafka import ConsumerRecord

from stores.protocol import ParkedRow
from topics.messages import headers, ids
from topics.messages.message import Message, Undecodable
from topics.messages.topic import Topic

_KEY_LENGTH = 256  # characters; no aggregate has a longer key
_LONGEST, _LONGEST_NAME = 4096, 512  # bytes of a header; those in _NAMES get into indexes of the store
_NAMES = (headers.ID, headers.SOURCE, headers.SUBJECT)
# FACTS is read by engineers only, and may be longer than _LONGEST.
_OURS = frozenset(
    value for name, value in vars(headers).items() if name.isupper() and isinstance(value, str) and name != "FACTS"
)

_OUR_SOURCES = "lezzet/"  # how every SOURCE of ours begins

RawHeaders = tuple[tuple[str, bytes], ...]


@dataclass(slots=True, eq=False)
class Arrival:
    """headers: those of topics.messages.headers only, as text. error: set where message is None. at: the record's time, UTC; on
    command topics that is the append time.

    undecoded: its headers can be used, and its body cannot. astray: it stands in another partition than its key's. taken: the
    edge cannot withdraw it any more. withdrawn: the edge has withdrawn it. prepared: what the domain's preparation made of it.
    """

    offset: int
    at: datetime
    key: str | None
    id: str
    source: str
    raw_key: bytes | None
    raw_headers: RawHeaders
    body: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    message: Message | None = None
    error: Undecodable | None = None
    undecoded: bool = False
    astray: bool = False
    taken: bool = False
    withdrawn: bool = False
    prepared: Any = None
    prepared_on: int = -1  # version of the state that it was prepared on
    patient_until: float | None = None  # monotonic: until when its facts are awaited
    broken: Exception | None = None  # what the domain's preparation or `claims` raised for it
    inbox_key: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.inbox_key = self.source, self.id

    @property
    def expired(self) -> bool:
        """Whether it came after its deadline or was withdrawn: its caller was told that it does not take effect."""
        deadline = self.headers.get(headers.DEADLINE)
        return self.withdrawn or (deadline is not None and self.at.timestamp() * 1000 > float(deadline))

    @property
    def earlier(self) -> list[tuple[str, str]]:
        """Inbox keys of the attempts before this one, where it is one of several."""
        named = self.headers.get(headers.EARLIER)
        return [(self.source, id) for id in named.split(",")] if named else []

    @property
    def ours(self) -> bool:
        """Whether code of ours has published it."""
        return self.source.startswith(_OUR_SOURCES)

    @property
    def newer(self) -> bool:
        """Whether code of ours published it and this code cannot read it: newer code can, so it must not be skipped."""
        return self.undecoded and self.ours

    @property
    def unknown(self) -> bool:
        """Whether it is of a type or of a version that this code does not know, and code of ours published it."""
        named = (headers.TYPE, headers.SCHEMA_VERSION)
        return self.newer and self.error is not None and self.error.field in named and headers.TYPE in self.headers


def read(topic: Topic, incarnation: int, record: ConsumerRecord[bytes, bytes], *, keyed: bool) -> Arrival:
    """Never raises: what cannot be read has `error`. keyed: a message without a usable key is an error.

    incarnation: of the topic; part of the id of a message that came without one.
    """
    raw = _whole(tuple(record.headers or ()))
    found, error = _ours(raw)
    key, key_error = _key(record.key, keyed)
    at, time_error = _time(record.timestamp)
    arrival = Arrival(
        offset=record.offset,
        at=at,
        key=key,
        id=found.get(headers.ID) or ids.of_position(record.topic, incarnation, record.partition, record.offset),
        source=found.get(headers.SOURCE) or f"kafka/{record.topic}",
        raw_key=record.key,
        raw_headers=raw,
        body=record.value,
        headers=found,
        error=error or key_error or time_error,
    )
    if arrival.error is None:
        decode(topic, arrival)
    return arrival


def of_parked(topic: Topic, row: ParkedRow) -> Arrival:
    """A parked message, as this code reads it."""
    arrival = Arrival(
        offset=row.offset, at=row.at, key=row.key, id=row.id, source=row.source, raw_key=row.key.encode(),
        raw_headers=row.headers, body=row.body, headers=ours(row.headers),
    )  # fmt: skip
    decode(topic, arrival)
    return arrival


def decode(topic: Topic, arrival: Arrival) -> None:
    """Fills in the message or the error. Called again for a parked message, whose body or whose code may have been mended."""
    try:
        found = arrival.headers
        arrival.message = topic.decode(found.get(headers.TYPE), arrival.body, found.get(headers.SCHEMA_VERSION))
        arrival.error = None
    except Undecodable as error:
        arrival.error = error
    except Exception as error:
        # E.g. a recursion limit. One message that cannot be read must not stop its partition.
        arrival.error = Undecodable("$", f"{type(error).__name__}: {error}")
    arrival.undecoded = arrival.error is not None


def ours(raw: RawHeaders) -> Mapping[str, str]:
    """Those that topics.messages.headers names, as text. The message was read before, so they are not checked again."""
    return _ours(raw)[0]


def _whole(raw: tuple[tuple[str, bytes | None], ...]) -> RawHeaders:
    """A header without a value counts as empty. That is rare, so the tuple is made anew only then."""
    if None in [value for _, value in raw]:
        return tuple((name, value or b"") for name, value in raw)
    return cast(RawHeaders, raw)


def _ours(raw: RawHeaders) -> tuple[dict[str, str], Undecodable | None]:
    """Those that topics.messages.headers names, and what is wrong with one of them."""
    found: dict[str, str] = {}
    for name, value in raw:
        if name not in _OURS:
            continue
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            return found, Undecodable(name, "the header is not UTF-8")
        longest = _LONGEST_NAME if name in _NAMES else _LONGEST
        if len(value) > longest or b"\0" in value:
            return {}, Undecodable(name, f"the header is longer than {longest:,} bytes or has a NUL character")
    if headers.UNREAD in found:
        return found, Undecodable("record", f"cannot be taken apart: {found[headers.UNREAD]}")
    deadline = found.get(headers.DEADLINE)
    if deadline is not None and not deadline.isdecimal():
        return found, Undecodable(headers.DEADLINE, "is not a number of milliseconds since the epoch")
    return found, None


@lru_cache(256)
def _utc(milliseconds: int) -> datetime:
    """Cached, since records that a broker appends together have the same time."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _time(milliseconds: int) -> tuple[datetime, Undecodable | None]:
    """On topics with CreateTime the publisher sets it, and may set anything."""
    try:
        return _utc(milliseconds), None
    except (ValueError, OverflowError, OSError, TypeError):
        return datetime.fromtimestamp(0, UTC), Undecodable("timestamp", "is not a time")


def _key(raw: bytes | None, keyed: bool) -> tuple[str | None, Undecodable | None]:
    if not raw:
        return None, Undecodable("key", "missing, and commands are keyed by their aggregate") if keyed else None
    try:
        key = raw.decode()
    except UnicodeDecodeError:
        return None, Undecodable("key", "is not UTF-8") if keyed else None
    if len(key) > _KEY_LENGTH or "\0" in key:
        return None, Undecodable("key", f"longer than {_KEY_LENGTH} characters, or with a NUL") if keyed else None
    return key, None

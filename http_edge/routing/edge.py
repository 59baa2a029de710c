"""What the routes of one edge process stand on. The composition root chooses; nobody else knows a technology."""

import base64
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import nacl.public

from http_edge.routing.abreast import Abreast
from http_edge.routing.broker_clock import BrokerClock
from http_edge.routing.pace import WRONG_CODES_A_SECOND, WRONG_CODES_AT_ONCE, Pace, Refusals
from http_edge.routing.stream_events import DocumentEvents, LatestValueAt, ListPosition, StreamEvent
from http_edge.routing.turns import Turns
from http_edge.routing.unanswered import Unanswered
from http_edge.routing.uploads import WHOLE_AT_ONCE, WHOLE_OF_ADDRESS, Uploads
from http_edge.wire.answer import Streams
from http_edge.wire.compression import Compression
from http_edge.wire.connections import Connections
from http_edge.wire.tokens import Caller, Tokens
from stores.keyring import EdgeKeys
from stores.listed import Newest, Slice, Span
from stores.positioned import Outcome
from topics.messages.reply import Reply
from topics.search_index import Found, Wanted


class Reads(Protocol):
    """Redis as a place to look. Raises Unavailable."""

    def get(self, keys: Sequence[str]) -> Awaitable[list[bytes | None]]: ...
    def newest(self, wanted: Newest) -> Awaitable[list[bytes]]: ...
    async def put(self, key: str, value: str, seconds: int) -> None: ...
    async def count(self, key: str, seconds: int) -> None: ...
    async def drop(self, key: str) -> None: ...
    async def firsts(self, wanted: Sequence[tuple[str, bytes]], seconds: int) -> list[bytes | None]: ...


class Lists(Protocol):
    """Documents that stand in a sorted set, some at a time. Raises Unavailable."""

    async def read(self, span: Span) -> Slice: ...


class Finds(Protocol):
    """Searches over the views. Raises Unavailable."""

    async def find(self, wanted: Wanted) -> Found: ...
    async def zones(self) -> list[str]: ...


class Hears(Protocol):
    """Replies of the domains to this process."""

    @property
    def connected(self) -> bool: ...
    def expect(self, operation_id: str) -> Awaitable[Reply]: ...
    def forget(self, operation_id: str) -> None: ...


class Withdraws(Protocol):
    """Raises nothing."""

    async def withdraw(self, command_id: str) -> bool: ...
    async def promise(self, command_id: str) -> bool: ...


class Follows(Protocol):
    """Streams of what becomes of documents, and of lists."""

    @property
    def count(self) -> int: ...
    def open(
        self,
        caller: Caller,
        place: str,
        events_of: Callable[[bytes], DocumentEvents],
        seen: int,
        latest_value: LatestValueAt | None = None,
    ) -> Streams:
        """seen: how many of the events the client has. Raises Problem 429 and 503."""
        ...

    def open_list(
        self,
        caller: Caller,
        view: str,
        index_name: str,
        tells: Callable[[bytes], StreamEvent | None],
        seen: ListPosition | None,
    ) -> Streams:
        """tells: a document's JSON → what is told of it. seen: how far the client is. Raises Problem 429 and 503."""
        ...

    def close(self) -> None:
        """Ends all and takes no more."""
        ...


class AppendedAt(Protocol):
    """at: ms since the epoch, by the broker's clock."""

    @property
    def at(self) -> int: ...


class Sends(Protocol):
    """Commands into Kafka. Raises Unavailable."""

    @property
    def connected(self) -> bool: ...
    async def send(
        self, topic: str, key: str, headers: Mapping[str, str], body: bytes, partition: int | None = None
    ) -> AppendedAt: ...


class Upload(Protocol):
    """A picture that is written into quarantine. Raises Unavailable. abort: also of one that cannot be closed."""

    @property
    def id(self) -> str: ...
    async def write(self, data: bytes) -> None: ...
    async def close(self) -> None: ...
    async def abort(self) -> None: ...


class KeepsPhotos(Protocol):
    """The bytes of photos, see stores.mongo.photos. Raises Unavailable."""

    def upload(self) -> Upload: ...
    async def drop_upload(self, upload_id: str) -> None: ...
    async def pieces(self, sha256: str, start: int, stop: int) -> AsyncIterator[bytes] | None: ...


class KeepsPositions(Protocol):
    """Where couriers are, see stores.redis.positions. Raises Unavailable."""

    async def put(self, order_id: str, at: int, body: bytes, view: str) -> Outcome: ...


class Weighs(Protocol):
    """How full Redis is: see stores.redis.memory."""

    share: float
    refuses: bool
    alarm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """id: names the process on its reply channel. seal: what only this process can open; drawn anew at each start.

    clock: seconds since the epoch. origin: where clients reach the edge, e.g. https://api.lezzet.example.
    """

    id: str
    reads: Reads
    lists: Lists
    searches: Finds
    answers: Hears
    commands: Sends
    withdrawals: Withdraws
    streams: Follows
    tokens: Tokens
    keys: EdgeKeys
    connections: Connections
    cors_origins: frozenset[str]
    memory: Weighs
    photos: KeepsPhotos
    positions: KeepsPositions
    origin: str
    uploads: Uploads = field(default_factory=Uploads)
    turns: Turns = field(default_factory=Turns)
    abreast: Abreast = field(default_factory=Abreast)
    compression: Compression = field(default_factory=Compression)
    pace: Pace = field(default_factory=lambda: Pace(time.monotonic))
    refusals: Refusals = field(default_factory=lambda: Refusals(time.monotonic))
    wrong_codes: Refusals = field(
        default_factory=lambda: Refusals(time.monotonic, WRONG_CODES_AT_ONCE, WRONG_CODES_A_SECOND)
    )
    files: Uploads = field(default_factory=lambda: Uploads(WHOLE_AT_ONCE, of_caller=1, of_address=WHOLE_OF_ADDRESS))
    unanswered: Unanswered = field(default_factory=lambda: Unanswered(time.monotonic))
    seal: nacl.public.PrivateKey = field(default_factory=nacl.public.PrivateKey.generate)
    clock: Callable[[], float] = time.time
    seal_text: str = ""
    broker_clock: BrokerClock = field(init=False)

    def now(self) -> datetime:
        """The edge's clock as a time in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def __post_init__(self) -> None:
        object.__setattr__(self, "broker_clock", BrokerClock(self.clock))
        object.__setattr__(self, "seal_text", base64.b64encode(bytes(self.seal.public_key)).decode())

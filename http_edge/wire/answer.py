"""What a route gives back, before it is HTTP."""

from asyncio import Transport
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
EVENT_STREAM = "text/event-stream"
NO_CONTENT = 204

_ENCODER = msgspec.json.Encoder()


class Streams(Protocol):
    """A body that is written bit by bit, until the client goes or nothing will follow."""

    written: int  # bytes

    async def carry(self, transport: Transport) -> None: ...
    def gone(self) -> None: ...


class Parts(NamedTuple):
    """A large body. size: bytes of all of it. each: its parts in order, made while they are written."""

    size: int
    each: Iterable[bytes]


class Chunks(NamedTuple):
    """A body that is read while it is written. size: bytes of all of it. each: its pieces in order; it raises Unavailable where
    one cannot be read, which breaks the connection off."""

    size: int
    each: AsyncIterator[bytes]


class Answer(NamedTuple):
    """stream: writes the body in place of `body`. It must be carried, or told that its client is gone. parts, chunks: the body
    in place of `body`."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None
    stream: Streams | None = None
    parts: Parts | None = None
    chunks: Chunks | None = None

    @property
    def size(self) -> int:
        """Bytes of a body that is no stream."""
        said = self.parts or self.chunks
        return len(self.body) if said is None else said.size


def of_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(_ENCODER.encode(value), status, JSON, headers)

"""What a route gives back, before it is HTTP."""

from asyncio import Transport
from collections.abc import Iterable, Mapping
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


class Answer(NamedTuple):
    """stream: writes the body in place of `body`. It must be carried, or told that its client is gone. parts: the body in
    place of `body`."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None
    stream: Streams | None = None
    parts: Parts | None = None

    @property
    def size(self) -> int:
        """Bytes of a body that is no stream."""
        return len(self.body) if self.parts is None else self.parts.size


def of_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(_ENCODER.encode(value), status, JSON, headers)

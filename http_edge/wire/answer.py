"""What a route gives back, before it is HTTP."""

from asyncio import Transport
from collections.abc import Mapping
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


class Answer(NamedTuple):
    """stream: writes the body in place of `body`. It must be carried, or told that its client is gone."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None
    stream: Streams | None = None


def of_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(_ENCODER.encode(value), status, JSON, headers)

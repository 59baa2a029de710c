"""What a route gives back, before it is HTTP."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
NO_CONTENT = 204

_ENCODER = msgspec.json.Encoder()


class Answer(NamedTuple):
    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None


def of_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(_ENCODER.encode(value), status, JSON, headers)

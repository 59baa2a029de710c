"""A log line as a document of the index, and back. Whatever a line holds, there is a document of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

NOT_JSON = "not a log line"
"""The event of what somebody published to `logs` that is no JSON object."""

TOO_LONG = "a line that is too long"
"""The event of a longer one than MOST_BYTES."""

MOST_BYTES = 256 * 1024
_LONGEST = 30_000  # characters of the text that is searched, and of what is kept of one that cannot be read
_LONGEST_NAME = 256  # characters of a field's name
_OWN = ("timestamp", "level", "domain", "process", "logger", "event")

FORM: Mapping[str, Any] = {
    "dynamic": False,
    "properties": {
        "@timestamp": {"type": "date"},
        "received": {"type": "date"},
        "level": {"type": "keyword", "ignore_above": 64},
        "domain": {"type": "keyword", "ignore_above": 64},
        "process": {"type": "keyword", "ignore_above": 64},
        "logger": {"type": "keyword", "ignore_above": 256},
        "event": {"type": "text", "fields": {"exact": {"type": "keyword", "ignore_above": 256}}},
        "text": {"type": "text"},
        "fields": {"type": "flattened", "ignore_above": 1024, "depth_limit": 10},
    },
}
"""Mappings. fields: all else that a line says, each findable by its whole value. text: all texts of a line, findable by
words."""


def document(body: bytes, received: datetime) -> bytes:
    """JSON of the document. received: when the log agent got it, UTC."""
    try:
        return _document(_read(body), received)
    except RecursionError:  # nested as deeply as the decoder just takes
        return _document(_unread(NOT_JSON, body), received)


def _document(line: Mapping[str, Any], received: datetime) -> bytes:
    rest = {name: value for name, value in line.items() if name not in _OWN and value is not None}
    at = _time(line.get("timestamp")) or received
    made: dict[str, Any] = {name: str(line.get(name, "")) for name in _OWN[1:]}
    made |= {
        "@timestamp": at,
        "received": received,
        "text": " ".join(_texts(line))[:_LONGEST],
        "fields": _flat(rest),
    }
    return msgspec.json.encode(made)


def _read(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_BYTES:
        return _unread(TOO_LONG, body)
    try:
        said = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        said = None
    if isinstance(said, dict):
        return cast(dict[str, Any], said)
    return _unread(NOT_JSON, body)


def _unread(event: str, body: bytes) -> dict[str, Any]:
    return {"event": event, "level": "warning", "body": body[: 4 * _LONGEST].decode("utf-8", "replace")[:_LONGEST]}


def _time(said: Any) -> datetime | None:
    """None: it is no time, or not one that a day's index can hold."""
    try:
        at = datetime.fromisoformat(said)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return at if 1970 < at.year < 2200 else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in cast(Mapping[str, Any], value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast(list[Any], value):
            yield from _texts(each)
    elif value is not None:
        yield str(value)


def _flat(rest: Mapping[str, Any]) -> dict[str, str]:
    """Texts alone: what is nested is kept as JSON, so that no line has a depth or a type that the index refuses."""
    return {
        name.replace("\0", " ")[:_LONGEST_NAME]: value
        if isinstance(value, str)
        else msgspec.json.encode(value).decode()
        for name, value in rest.items()
        if name.strip("\0. ")
    }

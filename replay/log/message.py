"""A record as an engineer reads it: which message it is and what it belongs to, also when it says little itself."""

import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from replay.log import secrecy
from stores.kafka.log import Logged
from topics import personal
from topics.messages import headers, ids

_MOST = 300  # characters of a body in a line that has more than the body
_OURS = frozenset(value for name, value in vars(headers).items() if name.isupper() and isinstance(value, str))


class Message:
    """id: its own or, without one, the one that the runtime gives to its place (in the topic's first incarnation)."""

    __slots__ = ("headers", "logged")

    def __init__(self, logged: Logged) -> None:
        self.logged = logged
        self.headers = {
            name: value.decode(errors="backslashreplace") for name, value in logged.headers if name in _OURS
        }

    @property
    def dead(self) -> bool:
        return headers.DLQ_REASON in self.headers

    @property
    def id(self) -> str:
        own = self.headers.get(headers.DLQ_ID) or self.headers.get(headers.ID)
        return own or ids.of_position(self.logged.topic, 0, self.logged.partition, self.logged.offset)

    @property
    def type(self) -> str | None:
        return self.headers.get(headers.TYPE)

    @property
    def correlation(self) -> str:
        return self.headers.get(headers.CORRELATION) or self.id

    @property
    def key(self) -> str | None:
        return None if self.logged.key is None else self.logged.key.decode(errors="backslashreplace")

    @property
    def where(self) -> str:
        return f"{self.logged.partition}:{self.logged.offset}"

    def data(self, reveal: bool = False) -> dict[str, Any]:
        """As `--json` prints it, without secrets. reveal: with personal data."""
        found: dict[str, Any] = {
            "time": stamp(self.logged.at),
            "topic": self.logged.topic,
            "partition": self.logged.partition,
            "offset": self.logged.offset,
            "key": shown_key(self.key, reveal=reveal),
            "type": self.type,
            "id": self.id,
            "correlation": self.correlation,
            "causation": self.headers.get(headers.CAUSATION),
            "version": self.headers.get(headers.SEQUENCE),
            "body": secrecy.shown(self.logged.body, self.type, reveal=reveal),
        }
        if self.dead:
            found["dead"] = shown_reason(self.headers[headers.DLQ_REASON], reveal=reveal)
        return found

    def line(self, reveal: bool = False) -> str:
        parts = [
            stamp(self.logged.at),
            self.where,
            f"key={printed(shown_key(self.key, reveal=reveal))}",
            printed(self.type),
            f"id={printed(self.id)}",
        ]
        if self.correlation != self.id:
            parts.append(f"correlation={printed(self.correlation)}")
        if self.dead:
            parts.append(f"dead={printed(shown_reason(self.headers[headers.DLQ_REASON], reveal=reveal))}")
        return "  ".join([*parts, self.brief(reveal)])

    def brief(self, reveal: bool = False, most: int | None = _MOST) -> str:
        return brief(self.logged.body, self.type, reveal=reveal, most=most)


def brief(body: bytes | None, type_name: str | None = None, *, reveal: bool = False, most: int | None = _MOST) -> str:
    """One line, without secrets and (but for reveal) personal data. most: characters; what is cut says so behind them. None:
    all."""
    if body is None:
        return "(no body)"
    if not body:
        return "(empty body)"
    said = secrecy.shown(body, type_name, reveal=reveal)
    text = printed(said if isinstance(said, str) else msgspec.json.encode(said).decode())
    return text if most is None or len(text) <= most else f"{text[:most]}… ({len(body):,} bytes)"


def shown_key(key: str | None, *, reveal: bool = False) -> str | None:
    """A record's key. That of a mail is an address."""
    return key if reveal or key is None else personal.masked_text(key)


def shown_reason(reason: str, *, reveal: bool = False) -> str:
    """Why a message is refused. It may quote what was sent."""
    return reason if reveal else personal.masked_text(reason)


def printed(text: str | None) -> str:
    """Without control characters: what somebody published must not drive the terminal."""
    if text is None:
        return "-"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def argument(text: str) -> str:
    """Of a command that somebody may copy: a shell takes it as one word, whatever was published in it."""
    return shlex.quote(printed(text))


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_time(messages: Sequence[Message]) -> list[Message]:
    return sorted(messages, key=lambda m: (m.logged.at, m.logged.topic, m.logged.partition, m.logged.offset))


def faulty_header(found: Sequence[tuple[str, bytes]]) -> str | None:
    """The first of our headers that the runtime refuses to read."""
    for name, value in found:
        if name == headers.UNREAD:
            return f"{name}: the body is a record, or several, as they stand in the log"
        if name in _OURS:
            try:
                value.decode()
            except UnicodeDecodeError:
                return f"{name}: the header is not UTF-8"
            if len(value) > 4096 or b"\0" in value:
                return f"{name}: the header is longer than 4,096 bytes or has a NUL character"
            if name == headers.DEADLINE and not value.decode().isdecimal():
                return f"{name}: is not a number of milliseconds since the epoch"
    return None

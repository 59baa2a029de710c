"""A dead letter on its way back to its topic: the same key, headers and body, or repaired ones, under the id that the inbox
knows, so that however often it is sent it takes effect once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from replay.dlq.dead_letters import DeadLetter
from replay.log.message import faulty_header, printed, shown_key, shown_reason
from stores.kafka.raw import RawRecord
from stores.protocol import InboxKey
from topics.messages import headers
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

_KEYED = ("_commands", "_events")
_KEY_LENGTH = 256  # characters; the runtime refuses longer keys


@dataclass(frozen=True, slots=True)
class Repair:
    """What an engineer changes. None: nothing. headers: name → value, '' drops the header."""

    key: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Resend:
    """refused: why it is not sent, if it is not."""

    letter: DeadLetter
    record: RawRecord
    refused: str | None

    def line(self) -> str:
        what = f"{self.record.topic} id={printed(self.letter.id)} key={printed(shown_key(_text(self.record.key)))}"
        if self.refused is not None:
            return f"not sent: {what}: {self.refused}"
        return f"send again: {what} {len(self.record.body or b''):,} bytes (was at {self.letter.origin})"

    def data(self) -> dict[str, Any]:
        return {
            "id": self.letter.id, "key": shown_key(_text(self.record.key)), "bytes": len(self.record.body or b""),
            "origin": self.letter.origin, "place": self.letter.place, "refused": self.refused,
        }  # fmt: skip


def resend(letter: DeadLetter, repair: Repair, topic: Topic | None, now: datetime) -> Resend:
    """topic: its contract, where there is one."""
    source, message_id = letter.inbox_key
    edits = {**repair.headers, headers.ID: message_id, headers.SOURCE: source}
    record = RawRecord(
        topic=letter.topic,
        key=letter.logged.key if repair.key is None else repair.key.encode(),
        headers=edited(letter.headers, edits),
        body=letter.logged.body if repair.body is None else repair.body,
        partition=None,
    )
    if not record.key:  # nothing else says where it belongs
        partition = letter.about.get(headers.DLQ_PARTITION, "")
        record = record._replace(partition=int(partition) if partition.isdecimal() else None)
    return Resend(letter, record, _why_not(letter, record, topic, now))


def in_order(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """One for each message, at its first place, in its last form: several groups may have refused it, or one twice."""
    latest: dict[InboxKey, DeadLetter] = {}
    for letter in letters:
        latest[letter.inbox_key] = letter
    return list(latest.values())


def edited(found: Sequence[tuple[str, bytes]], edits: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    """Headers of those names set once, at their first place or at the end; dropped where the value is empty."""
    names = dict.fromkeys([*(name for name, _ in found if name in edits), *edits])
    fresh = {name: edits[name].encode() for name in names if edits[name]}
    kept: list[tuple[str, bytes]] = []
    for name, value in found:
        if name not in edits:
            kept.append((name, value))
        elif name in fresh:
            kept.append((name, fresh.pop(name)))
    return (*kept, *fresh.items())


def _why_not(letter: DeadLetter, record: RawRecord, topic: Topic | None, now: datetime) -> str | None:
    if not letter.id:
        return "no agent wrote this dead letter, its id is not known"
    if _late(letter, now):
        return "a command past its deadline is never redriven, its caller was told that it does not happen"
    fault = faulty_header(record.headers)
    if fault is not None:
        return f"still unreadable: {fault}; mend it with --header NAME=VALUE (empty: without it)"
    if record.topic.endswith(_KEYED) and (wrong := _wrong_key(record.key)):
        return f"the key is {wrong}; say whose message it is with --id {letter.id} --key KEY"
    return _undecodable(record, topic)


def _late(letter: DeadLetter, now: datetime) -> bool:
    """As the message came: taking the deadline out of a command does not undo the promise."""
    said = [value for name, value in letter.headers if name == headers.DEADLINE]
    return any(value.isdigit() and int(value) < now.astimezone(UTC).timestamp() * 1000 for value in said)


def _wrong_key(key: bytes | None) -> str | None:
    if not key:
        return "missing"
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    return f"longer than {_KEY_LENGTH} characters or has a NUL" if len(text) > _KEY_LENGTH or "\0" in text else None


def _undecodable(record: RawRecord, topic: Topic | None) -> str | None:
    if topic is None:
        return None
    said = {name: value.decode() for name, value in record.headers if name in (headers.TYPE, headers.SCHEMA_VERSION)}
    try:
        topic.decode(said.get(headers.TYPE), record.body, said.get(headers.SCHEMA_VERSION))
    except Undecodable as error:
        return f"still unreadable: {shown_reason(str(error))}; mend it with --id ID and --body FILE or --header ce_type=TYPE"
    except RecursionError:
        return "still unreadable: nested too deeply"
    return None


def _text(key: bytes | None) -> str | None:
    return None if key is None else key.decode(errors="backslashreplace")

"""A recorded set: a flow, and the events and facts that its decisions were made of, as lines of JSON.

It holds nobody's data. Personal values and secrets are replaced by made-up ones of the same length and the same kinds of
characters; a value that stands in several places is replaced by the same one everywhere. Ids stay, since other ids derive from
them. Coordinates are rounded to a tenth of a degree. Reasons that a decision itself gives ("the restaurant did not answer in
time") stay, though `reason` is a personal field: the code gives them again when the set is played.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, cast

import msgspec
from msgspec.structs import replace

from replay.failure import BadArgument
from replay.log import secrecy
from replay.log.message import shown_key
from stores.engineering import Entered
from stores.kafka.log import Logged
from stores.protocol import InboxKey
from topics import personal
from topics.messages import headers
from topics.messages.reply import Reply

FORMAT = 1
"""Raised by one when this code can no longer play the sets that the code before has recorded."""

_LEFT_OUT = frozenset((headers.REPLY_SEAL, headers.REPLY_TO, headers.FINGERPRINT, headers.TRACEPARENT))
# A personal value may also stand in fields that are not personal. It is replaced there if it has at least so many characters:
# where it is the whole text, and where it is a part of the text. Shorter ones would be found by chance.
_WHOLE, _PART = 4, 6
_HEX, _MAIL = re.compile(r"[0-9a-f-]+"), re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
_LOWER, _UPPER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

Role = Literal["flow", "before", "fact"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. lezzet_set: FORMAT. id: with which the set was asked for."""

    lezzet_set: int
    id: str


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message. role: it belongs to the flow, is an earlier event of one of its aggregates, or is an event of a fact. body:
    JSON, as it stands on the topic."""

    role: Role
    topic: str
    key: str | None
    at: datetime
    headers: tuple[tuple[str, str], ...]
    body: str | None

    def record(self) -> Logged:
        named = tuple((name, value.encode()) for name, value in self.headers)
        key, body = self.key and self.key.encode(), None if self.body is None else self.body.encode()
        return Logged(self.topic, 0, 0, self.at, key or None, named, body)


class InboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What the inbox of a domain says of a command that has led to no event. inbox: the domain. source, id: of the command.
    outcome, facts: as in the inbox."""

    inbox: str
    source: str
    id: str
    outcome: str | None
    facts: str | None


class RecordedSet(msgspec.Struct, frozen=True):
    head: Head
    lines: tuple[Line, ...]
    inbox: tuple[InboxEntry, ...]

    def encode(self) -> bytes:
        rows = (self.head, *self.lines, *self.inbox)
        return b"".join(msgspec.json.encode(each) + b"\n" for each in rows)

    def records(self) -> list[Logged]:
        return [line.record() for line in self.lines]

    def entered(self) -> Mapping[str, Mapping[InboxKey, Entered]]:
        found: dict[str, dict[InboxKey, Entered]] = {}
        for each in self.inbox:
            found.setdefault(each.inbox, {})[each.source, each.id] = Entered(each.outcome, each.facts)
        return found


_head, _line, _inbox_entry = (msgspec.json.Decoder(kind) for kind in (Head, Line, InboxEntry))


def decode(said: bytes, name: str) -> RecordedSet:
    """name: of the file. Raises BadArgument."""
    rows, number = said.splitlines(), 1
    try:
        head = cast(Head, _head.decode(rows[0] if rows else b""))
        if head.lezzet_set != FORMAT:
            raise BadArgument(f"{name}: a set of version {head.lezzet_set}, this code plays {FORMAT}: record it again")
        lines, entries = list[Line](), list[InboxEntry]()
        for number, row in enumerate(rows[1:], 2):  # noqa: B007
            if row.startswith(b'{"inbox"'):
                entries.append(cast(InboxEntry, _inbox_entry.decode(row)))
            else:
                lines.append(cast(Line, _line.decode(row)))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BadArgument(f"{name}, line {number}: is no recorded set: {error}") from None
    return RecordedSet(head, tuple(lines), tuple(entries))


def made(id: str, records: Iterable[tuple[Role, Logged]], inbox: Sequence[InboxEntry]) -> RecordedSet:
    """With made-up values in place of personal ones and secrets. records: those of each topic in their order."""
    raw = [_raw(role, record) for role, record in records]
    replacing = _Replacing(_own_reasons(raw))
    # Twice: a value that a later line shows to be personal may stand in an earlier one, too.
    for line in raw:
        replacing.learn(line)
    lines = tuple(replacing.replaced(line) for line in raw)
    entries = tuple(replace(each, outcome=replacing.outcome(each.outcome)) for each in inbox)
    return RecordedSet(Head(lezzet_set=FORMAT, id=id), lines, entries)


def _raw(role: Role, record: Logged) -> Line:
    named = tuple((n, v.decode(errors="replace")) for n, v in record.headers if n not in _LEFT_OUT)
    key, body = record.key, record.body
    return Line(
        role=role, topic=record.topic, key=None if key is None else key.decode(errors="replace"), at=record.at,
        headers=named, body=None if body is None else body.decode(errors="replace"),
    )  # fmt: skip


class _Ending(msgspec.Struct):
    """The fields of an event that say who ended something, and why."""

    by: str = ""
    reason: str = ""


def _own_reasons(lines: Sequence[Line]) -> frozenset[str]:
    """Reasons that stay, since decisions of the set gave them and no person wrote them. A reason that stands in the command,
    such as what a courier says of a delivery that failed, is written by a person. So may be that of an event whose command is
    not in the set."""
    commands = {dict(line.headers).get(headers.ID): line.body or "" for line in lines if line.role == "flow"}
    found = set[str]()
    for line in lines:
        command = commands.get(dict(line.headers).get(headers.CAUSATION))
        ending = _ending(line)
        if command is not None and ending.by == "system" and ending.reason not in _texts(command):
            found.add(ending.reason)
    return frozenset(found)


def _ending(line: Line) -> _Ending:
    try:
        return msgspec.json.decode(line.body or "{}", type=_Ending)
    except msgspec.MsgspecError:
        return _Ending()


def _texts(body: str) -> set[str]:
    """The values of fields that are texts. body: JSON."""
    try:
        said = msgspec.json.decode(body or "{}")
    except msgspec.MsgspecError:
        return set()
    return {each for each in said.values() if isinstance(each, str)} if isinstance(said, dict) else set()


class _Replacing:
    """Made-up values by the real ones. They are numbered in the order in which the real ones are met, so a set that is recorded
    again is the same to the byte. own_reasons: texts that stay."""

    def __init__(self, own_reasons: frozenset[str]) -> None:
        self._stay = own_reasons
        self._made_up: dict[str, str] = {}

    def learn(self, line: Line) -> None:
        """Makes up a value for each personal one of this line."""
        self._body(line)
        if line.key is not None and shown_key(line.key) != line.key:
            self._make_up(line.key)

    def replaced(self, line: Line) -> Line:
        """The line without personal values. All lines must have been learned."""
        named = tuple((name, self._text(value)) for name, value in line.headers)
        key = line.key and self._text(line.key)
        return replace(line, key=key, headers=named, body=self._body(line))

    def outcome(self, said: str | None) -> str | None:
        """Of an inbox entry: whether the command was refused, and why. What else its caller was told is left out."""
        if said is None:
            return None
        try:
            reply = msgspec.json.decode(said, type=Reply)
        except msgspec.MsgspecError:
            return None  # commands that it handed on: they are in the flow
        kept = Reply(operation_id=reply.operation_id, status=reply.status, code=reply.code, field=reply.field,
                     detail=reply.detail and self._text(reply.detail))  # fmt: skip
        return msgspec.json.encode(kept).decode()

    def _body(self, line: Line) -> str | None:
        if not line.body:
            return line.body
        try:
            before = msgspec.json.decode(line.body)
        except msgspec.MsgspecError:
            return "{}"  # nothing is known of it, so nothing of it is handed on
        after = self._value(before, secrecy.shown(line.body.encode(), dict(line.headers).get(headers.TYPE)))
        return line.body if after == before else msgspec.json.encode(after).decode()

    def _value(self, value: Any, shown: Any) -> Any:
        """shown: the same value as an engineer may see it. What is hidden there is replaced here."""
        if isinstance(value, dict):
            hidden = cast(dict[str, Any], shown) if isinstance(shown, dict) else {}
            return {n: self._value(v, hidden.get(n)) for n, v in cast(dict[str, Any], value).items()}
        if isinstance(value, list):
            items = cast(list[Any], value)
            hidden = cast(list[Any], shown) if isinstance(shown, list) else [None] * len(items)
            return [self._value(v, h) for v, h in zip(items, hidden, strict=True)]
        if isinstance(value, str):
            if value != shown and shown not in (personal.MASK, secrecy.SEALED):
                # Only a part of it is hidden: mail addresses.
                return self._text(_MAIL.sub(lambda found: self._make_up(found[0]), value))
            return self._text(value) if value == shown else self._make_up(value)
        if isinstance(value, float) and value != shown:
            return round(value, 1)
        return value

    def _text(self, text: str) -> str:
        """A text of a field that is not personal: replaces the personal values in it."""
        if len(text) >= _WHOLE and text in self._made_up:
            return self._made_up[text]
        for real, made_up in self._made_up.items():
            if len(real) >= _PART and real in text:
                text = text.replace(real, made_up)
        return text

    def _make_up(self, real: str) -> str:
        if real and real not in self._stay and real not in self._made_up:
            self._made_up[real] = _alike(real, len(self._made_up) + 1)
        return self._made_up.get(real, real)


def _alike(real: str, number: int) -> str:
    """A made-up value: of the same length and kinds of characters; for a mail address one that belongs to nobody."""
    if _MAIL.fullmatch(real):
        return f"person{number}@example.org"
    drawn = hashlib.shake_256(str(number).encode()).digest(len(real))
    is_hex = _HEX.fullmatch(real) is not None
    return "".join(map(_hex if is_hex else _letter, real, drawn))


def _hex(real: str, drawn: int) -> str:
    return real if real == "-" else "0123456789abcdef"[drawn % 16]


def _letter(real: str, drawn: int) -> str:
    kinds = ((real.isdecimal(), _DIGITS), (real.isalpha() and real.isupper(), _UPPER), (real.isalpha(), _LOWER))
    found = next((letters for holds, letters in kinds if holds), "")
    return found[drawn % len(found)] if found else real

"""A recorded set: a flow with the events and facts that its decisions were made of, as lines of JSON.

It holds nobody's data: personal fields and secrets have made-up values of the same kind of characters and the same length, the
same one wherever a value stands. Ids stay, since ids derive from ids. Coordinates are rounded to a tenth of a degree.
A reason that a decision itself gives for an end ("the restaurant did not answer in time") stays: the code says it
again when it is played.
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

FORM = 1
"""Counted up where a set of before cannot be played as it is."""

_LEFT_OUT = frozenset((headers.REPLY_SEAL, headers.REPLY_TO, headers.FINGERPRINT, headers.TRACEPARENT))
_WHOLE, _PART = (
    4,
    6,
)  # characters that a personal value has where it is also replaced as another text, and in another text
_HEX, _MAIL = re.compile(r"[0-9a-f-]+"), re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
_LOWER, _UPPER, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"

Role = Literal["flow", "before", "fact"]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. id: what was asked for."""

    lezzet_set: int
    id: str


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """role: of the flow itself, an event of one of its aggregates before it, or an event of a fact. body: JSON, as it stands on
    the topic."""

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


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the inbox of a domain says of a command that has led to no event."""

    inbox: str
    source: str
    id: str
    outcome: str | None
    facts: str | None


class RecordedSet(msgspec.Struct, frozen=True):
    head: Head
    lines: tuple[Line, ...]
    outcomes: tuple[Outcome, ...]

    def encode(self) -> bytes:
        rows = (self.head, *self.lines, *self.outcomes)
        return b"".join(msgspec.json.encode(each) + b"\n" for each in rows)

    def records(self) -> list[Logged]:
        return [line.record() for line in self.lines]

    def entered(self) -> Mapping[str, Mapping[InboxKey, Entered]]:
        found: dict[str, dict[InboxKey, Entered]] = {}
        for each in self.outcomes:
            found.setdefault(each.inbox, {})[each.source, each.id] = Entered(each.outcome, each.facts)
        return found


_head, _line, _outcome = (msgspec.json.Decoder(kind) for kind in (Head, Line, Outcome))


def decode(said: bytes, name: str) -> RecordedSet:
    """name: of the file. Raises BadArgument."""
    rows, number = said.splitlines(), 1
    try:
        head = cast(Head, _head.decode(rows[0] if rows else b""))
        if head.lezzet_set != FORM:
            raise BadArgument(f"{name}: a set of version {head.lezzet_set}, this code plays {FORM}: record it again")
        lines, outcomes = list[Line](), list[Outcome]()
        for number, row in enumerate(rows[1:], 2):  # noqa: B007
            if row.startswith(b'{"inbox"'):
                outcomes.append(cast(Outcome, _outcome.decode(row)))
            else:
                lines.append(cast(Line, _line.decode(row)))
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BadArgument(f"{name}, line {number}: is no recorded set: {error}") from None
    return RecordedSet(head, tuple(lines), tuple(outcomes))


def made(id: str, records: Iterable[tuple[Role, Logged]], outcomes: Sequence[Outcome]) -> RecordedSet:
    """With made-up values in place of personal ones and secrets. records: each topic's in their order."""
    raw = [_raw(role, record) for role, record in records]
    people = _People(_own_reasons(raw))
    for line in raw:
        people.learn(line)
    shown = tuple(people.hide(line) for line in raw)
    said = tuple(replace(each, outcome=people.outcome(each.outcome)) for each in outcomes)
    return RecordedSet(Head(lezzet_set=FORM, id=id), shown, said)


def _raw(role: Role, record: Logged) -> Line:
    named = tuple((n, v.decode(errors="replace")) for n, v in record.headers if n not in _LEFT_OUT)
    key, body = record.key, record.body
    return Line(
        role=role, topic=record.topic, key=None if key is None else key.decode(errors="replace"), at=record.at,
        headers=named, body=None if body is None else body.decode(errors="replace"),
    )  # fmt: skip


class _Ending(msgspec.Struct):
    """What an event says of who ended something, and why."""

    by: str = ""
    reason: str = ""


def _own_reasons(lines: Sequence[Line]) -> frozenset[str]:
    """Reasons that decisions of the set made themselves: nobody wrote them. What stands in the command, such as what a courier
    says of a delivery that failed, is not one of them; nor is that of an event whose command is not in the set."""
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
    try:
        said = msgspec.json.decode(body or "{}")
    except msgspec.MsgspecError:
        return set()
    return {each for each in said.values() if isinstance(each, str)} if isinstance(said, dict) else set()


class _People:
    """Made-up values by the real ones. The first one that is met is the first one that is made up, so a set that is recorded
    again is the same. own: texts that stay, since nobody wrote them."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._fakes: dict[str, str] = {}

    def learn(self, line: Line) -> None:
        self._body(line)
        if line.key is not None and shown_key(line.key) != line.key:
            self._fake(line.key)

    def hide(self, line: Line) -> Line:
        named = tuple((name, self._text(value)) for name, value in line.headers)
        key = line.key and self._text(line.key)
        return replace(line, key=key, headers=named, body=self._body(line))

    def outcome(self, said: str | None) -> str | None:
        """That a command was refused or not, and why; without what else its caller was told."""
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
        """shown: as an engineer may see it; what is hidden there is made up here."""
        if isinstance(value, dict):
            hidden = cast(dict[str, Any], shown) if isinstance(shown, dict) else {}
            return {n: self._value(v, hidden.get(n)) for n, v in cast(dict[str, Any], value).items()}
        if isinstance(value, list):
            items = cast(list[Any], value)
            hidden = cast(list[Any], shown) if isinstance(shown, list) else [None] * len(items)
            return [self._value(v, h) for v, h in zip(items, hidden, strict=True)]
        if isinstance(value, str):
            if value != shown and shown not in (personal.MASK, secrecy.SEALED):
                return self._text(_MAIL.sub(lambda found: self._fake(found[0]), value))  # no more than addresses in it
            return self._text(value) if value == shown else self._fake(value)
        if isinstance(value, float) and value != shown:
            return round(value, 1)
        return value

    def _text(self, text: str) -> str:
        """A text that is not personal as such, and may hold what is."""
        if len(text) >= _WHOLE and text in self._fakes:
            return self._fakes[text]
        for real, fake in self._fakes.items():
            if len(real) >= _PART and real in text:
                text = text.replace(real, fake)
        return text

    def _fake(self, real: str) -> str:
        if real and real not in self._own and real not in self._fakes:
            self._fakes[real] = _alike(real, len(self._fakes) + 1)
        return self._fakes.get(real, real)


def _alike(real: str, number: int) -> str:
    """Characters of the same kinds; an address where nobody can be."""
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

"""Turns changes into what the scripts take, and their answers into types of stores.protocol. Raises BadData for what can never
be stored: Redis itself would take anything."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from stores.errors import BadData
from stores.protocol import (
    AsideRow,
    Changes,
    Fact,
    FactWrite,
    Moment,
    OutboxRow,
    ParkedRow,
    Source,
    Stored,
    Timer,
    TimerRow,
    TimerWrite,
)
from stores.redis_authority.names import NUL, row_name, source_name, source_named

LONGEST = 2_048  # bytes of an id, a key or a claim
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_encode = msgspec.msgpack.encode
_json_is_good = msgspec.json.Decoder(msgspec.Raw).decode

Timers = dict[str, tuple[str, str, str]]
"""name → id, due, source."""

Headers = tuple[tuple[str, bytes], ...]
_Outbox = tuple[str, str, bytes | None, str, bytes | None]
_Command = tuple[str, str, bytes]
_Parked = tuple[str, int, str, str, str, Headers, bytes, str]
_Aside = tuple[int, int, str, str, bytes | None, Headers, bytes | None]

_timers = msgspec.msgpack.Decoder(Timers).decode
_outbox_row = msgspec.msgpack.Decoder(_Outbox).decode
_command = msgspec.msgpack.Decoder(_Command).decode
_parked = msgspec.msgpack.Decoder(_Parked).decode
_rest_of_aside = msgspec.msgpack.Decoder(_Aside).decode
_changeable = msgspec.msgpack.Decoder(tuple[str, str, str, str, int, str | bool, str, str | bool]).decode


def packed(parts: Any) -> bytes:
    """An argument of a script. Raises BadData for half a character."""
    try:
        return _encode(parts)
    except UnicodeEncodeError as error:
        raise BadData("text", "half a character") from error


def microseconds(at: datetime) -> str:
    return str((at - _EPOCH) // _MICROSECOND)


def time_of(microseconds: str | bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def names(*parts: str) -> str:
    """A name of several parts, or of one. Raises BadData."""
    for part in parts:
        if NUL in part:
            raise BadData("text", "a NUL character")
        if len(part) * 4 > LONGEST and len(part.encode(errors="replace")) > LONGEST:
            raise BadData("text", f"a name of more than {LONGEST} bytes")
    return NUL.join(parts)


def _text(text: str) -> str:
    if NUL in text:
        raise BadData("text", "a NUL character")
    return text


def versioned(version: int, body: str | None) -> str:
    """A state or a fact. None: it is gone."""
    if body is None:
        return str(version)
    try:
        _json_is_good(body.encode())
    except msgspec.MsgspecError as error:
        raise BadData("JSON", str(error)[:120]) from error
    except UnicodeEncodeError as error:
        raise BadData("text", "half a character") from error
    return f"{version}\n{_text(body)}"


def stored(value: bytes) -> Stored:
    version, _, body = value.partition(b"\n")
    return Stored(int(version), body.decode())


def fact(value: bytes) -> Fact:
    version, there, body = value.partition(b"\n")
    return Fact(int(version), body.decode() if there else None)


def fact_parts(each: FactWrite) -> tuple[str, str, int, str]:
    return names(each.table), names(each.key), each.version, versioned(each.version, each.body)


def remembered(outcome: str | None) -> str:
    """As it stands in the inbox."""
    return "-" if outcome is None else "+" + _text(outcome)


def outcome(value: bytes) -> str | None:
    return value[1:].decode() if value.startswith(b"+") else None


def timers_set(value: bytes) -> Timers:
    return _timers(value)


def timers_of(key: str, value: bytes) -> Iterable[tuple[tuple[str, str], Timer]]:
    for name, (id, due, _) in _timers(value).items():
        yield (key, name), Timer(id, time_of(due))


# -- rows


def outbox_value(row: OutboxRow) -> bytes:
    return packed((row.channel, row.target, row.key, row.headers, row.body))


def outbox_row(value: bytes) -> tuple[Any, ...]:
    return _outbox_row(value)


def parked_name(at: Source, parked: ParkedRow) -> str:
    return names(at.topic, parked.id, at.group, parked.key)


def parked_value(at: Source, each: ParkedRow) -> bytes:
    return packed(
        (names(each.key), each.offset, names(each.source), each.id, microseconds(each.at), each.headers, each.body,
         _text(each.reason))
    )  # fmt: skip


def parked_row(seq: int, value: bytes) -> ParkedRow:
    key, offset, sender, id, at, headers, body, reason = _parked(value)
    return ParkedRow(
        key=key, offset=offset, source=sender, id=id, at=time_of(at), headers=headers, body=body, reason=reason,
        seq=seq,
    )  # fmt: skip


def _aside(at: Source, each: AsideRow, values: "_Values") -> tuple[str, Sequence[Any], int]:
    """Its name, what the script reads of it, and the place of the rest."""
    place = f"{each.incarnation:010d}{each.offset:020d}"
    due, until = (False if time is None else microseconds(time) for time in (each.due, each.until))
    read = (
        source_name(at),
        names(each.key),
        place,
        microseconds(each.since),
        each.tries,
        due,
        _text(each.reason),
        until,
    )
    rest = (
        each.incarnation, each.offset, names(each.source), microseconds(each.at), each.raw_key, each.headers, each.body
    )  # fmt: skip
    return names(at.group, each.id), read, values.place(packed(rest))


class Aside(NamedTuple):
    """What may change of an event that is set aside, and what it is found by. See AsideRow."""

    source: Source
    key: str
    since: datetime
    tries: int
    due: datetime | None
    reason: str
    until: datetime | None


def aside(read: bytes) -> Aside:
    source, key, _, since, tries, due, reason, until = _changeable(read)
    return Aside(
        source_named(source), key, time_of(since), tries, time_of(due) if isinstance(due, str) else None, reason,
        time_of(until) if isinstance(until, str) else None,
    )  # fmt: skip


def aside_row(id: bytes, read: bytes, rest: bytes) -> AsideRow:
    now = aside(read)
    incarnation, offset, sender, at, raw_key, headers, body = _rest_of_aside(rest)
    return AsideRow(
        id=id.decode(), key=now.key, incarnation=incarnation, offset=offset, source=sender, at=time_of(at),
        raw_key=raw_key, headers=headers, body=body, since=now.since, tries=now.tries, due=now.due, reason=now.reason,
        until=now.until,
    )  # fmt: skip


def timer_row(due: bytes, value: bytes) -> TimerRow:
    id, headers, body = _command(value)
    return TimerRow(id, time_of(due), headers, body)


# -- the write


def write(moment: Moment, changes: Mapping[Source, Changes]) -> list[bytes]:
    """The arguments of stores.redis_authority.writing.WRITE."""
    every, values = list(changes.items()), _Values()
    parts = (
        [_floor(moment, at, change) for at, change in every],
        _inbox(every),
        _states(every),
        _flat((names(*claim), names(owner)) for _, c in every for claim, owner in c.claims.items()),
        _owners(moment, every),
        _flat((names(*claim), owner) for _, c in every for claim, owner in c.release.items()),
        [_timer(at, timer, values) for at, c in every for timer in c.timers],
        [str(seq) for _, c in every for seq in c.unpark],
        [(parked_name(at, each), values.place(parked_value(at, each))) for at, c in every for each in c.park],
        [names(at.group, id) for at, _ in every for id in moment.aside.values()],
        [_aside(at, each, values) for at, c in every for each in c.set_aside],
        [names(at.group, id) for at, c in every for id in c.take_back],
        [fact_parts(each) for _, c in every for each in c.facts],
        [(source_name(at), str(c.missed.next), _text(c.missed.code)) for at, c in every if c.missed is not None],
        [(source_name(at), [row_name(id) for id in c.sent]) for at, c in every if c.sent],
        [_outbox(at, c.outbox, values) for at, c in every if c.outbox],
        _flat((source_name(at), c.raised) for at, c in every if c.raised is not None),
    )
    return [packed(parts), *values.all]


class _Values:
    """What no script reads, behind the parts."""

    def __init__(self) -> None:
        self.all: list[bytes] = []

    def place(self, value: bytes) -> int:
        """In ARGV, where the parts are the first."""
        self.all.append(value)
        return len(self.all) + 1


_Every = Sequence[tuple[Source, Changes]]


def _flat(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    return [value for pair in pairs for value in pair]


def _floor(moment: Moment, at: Source, change: Changes) -> tuple[str, str, str]:
    seen, incarnation, epoch = moment.floors[at]
    return source_name(at), f"{seen} {incarnation} {epoch}", f"{max(seen, change.next)} {incarnation} {epoch}"


def _inbox(every: _Every) -> tuple[list[str], list[str]]:
    """Ids and outcomes by turns, and ids and the facts that their decisions read."""
    entered = [(names(*id), remembered(outcome)) for _, c in every for id, outcome in c.inbox.items()]
    return _flat(entered), _flat((names(*id), facts) for _, c in every for id, facts in c.facts_read.items())


def _states(every: _Every) -> tuple[list[str], list[str]]:
    """Versions before, and ids and states by turns."""
    written = [state for _, c in every for state in c.states]
    return (
        [str(state.old_version) for state in written],
        _flat((names(state.id), versioned(state.version, state.body)) for state in written),
    )


def _owners(moment: Moment, every: _Every) -> list[Any]:
    ours = {claim for _, c in every for claim in (*c.claims, *c.release)}
    return _flat((names(*claim), owner or False) for claim, owner in moment.owners.items() if claim not in ours)


def _timer(at: Source, write: TimerWrite, values: _Values) -> Sequence[Any]:
    key, name, was, new = write
    before = False if was is None else was
    if new is None:
        return names(key), names(name), before, False, False, False, False
    command = packed((names(new.id), _text(new.headers), new.body))
    return names(key), names(name), before, new.id, microseconds(new.due), source_name(at), values.place(command)


def _outbox(at: Source, rows: Sequence[OutboxRow], values: _Values) -> tuple[str, int, list[str]]:
    """Source, place of the first row, ids."""
    places = [values.place(outbox_value(each)) for each in rows]
    return source_name(at), places[0], [row_name(each.id) for each in rows]

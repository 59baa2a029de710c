"""What the runtime needs of a domain's store: one look, one guarded write, and the outbox. Every implementation must pass the
contract suite (tests/stores/contract).

A store belongs to one domain. A decision is made on a Moment that `look` gives, without a lock. `write` changes the store only
if it is still as in that moment. So no transaction has to stay open while the runtime decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

import msgspec

LOOK_BYTES = 8 * 1024 * 1024
"""Bytes of states that one look brings, at most: a process holds them in memory together with their decoded form and with what
is made of them."""

PARKED_AT_ONCE = 500
"""Parked messages of one look, at most; with LOOK_BYTES for their headers and bodies."""

ClaimKey = tuple[str, str]  # (kind, value), e.g. ("email", "a@b.c")
FactKey = tuple[str, str]  # (fact table, key)
InboxKey = tuple[str, str]  # (source, id)
TimerKey = tuple[str, str]  # (id of the aggregate, name)


class Source(NamedTuple):
    """A partition, as one consumer group reads it. It has a floor and an outbox of its own."""

    group: str
    topic: str
    partition: int


def is_awaited(group: str) -> bool:
    """Whether somebody waits for what the group does. Nobody waits for indexes: their server may be away for hours."""
    return not group.endswith(".index")


class Floor(NamedTuple):
    """next: offset of the next message to do. incarnation: counts how often the topic was made anew. epoch: counts how often
    the partition was opened."""

    next: int
    incarnation: int
    epoch: int


class Stored(NamedTuple):
    """State of an aggregate."""

    version: int
    body: str  # JSON


class Fact(NamedTuple):
    """A copy of something of another domain. version: of the event that was copied last."""

    version: int
    body: str | None  # None: gone; the version stays as a guard


class RowId(NamedTuple):
    """Names an outbox row within its source, and says where it stands in the order of the source.

    incarnation, offset: of the message that led to it. n: its place among the rows of that message.
    """

    incarnation: int
    offset: int
    n: int


UNPLACED = RowId(0, 0, 0)
"""Of a row that has no id yet."""


class OutboxRow(NamedTuple):
    """kafka: target is a topic. reply: target is the id of the asking edge process ('' for none), key the operation id.

    headers: JSON. named: the headers of a Kafka row that was made in this process, so that its publisher need not decode them.
    """

    channel: Literal["kafka", "reply"]
    target: str
    key: bytes | None
    headers: str
    body: bytes | None
    id: RowId = UNPLACED
    named: list[tuple[str, bytes]] | None = None


class ParkedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that waits for a redrive, since its key is parked. headers: (name, value) as they came. reason: why it waits.

    seq: given by the store, higher for what was parked later.
    """

    key: str
    offset: int
    source: str
    id: str
    at: datetime
    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    reason: str
    seq: int = 0


class ParkedName(NamedTuple):
    """A parked message without what is in it. seq: see ParkedRow."""

    key: str
    seq: int
    id: str


class AsideRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event whose effect could not happen while those of others could.

    id, source, at, raw_key, headers, body: as it came. key: of its aggregate. incarnation, offset: where it stood in its
    partition; events of a key wait in this order. since: when it was set aside first. tries: how often its effect was tried.
    due: when it is tried again; None while an earlier event of its key waits. reason: what the last try met, '' before one.
    until: when it is given up, as the last try says; None before one.
    """

    id: str
    key: str
    incarnation: int
    offset: int
    source: str
    at: datetime
    raw_key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    body: bytes | None
    since: datetime
    tries: int
    due: datetime | None
    reason: str = ""
    until: datetime | None = None


class Waiting(NamedTuple):
    """Of a source: how many events are set aside, and when the first of them was."""

    events: int
    since: datetime


class StateWrite(NamedTuple):
    id: str
    old_version: int  # 0: the aggregate does not exist yet
    version: int
    body: str


class FactWrite(NamedTuple):
    table: str
    key: str
    version: int
    body: str | None  # None: gone; the version stays as a guard


class Timer(NamedTuple):
    """A timer that is set. id: of its command; no other timer ever has it. due: UTC."""

    id: str
    due: datetime


class TimerRow(NamedTuple):
    """A timer with its command. headers: JSON, as in an outbox row."""

    id: str
    due: datetime
    headers: str
    body: bytes


class TimerWrite(NamedTuple):
    """key, name: of the timer. was: id of the one that it replaces, None for none. row: None takes the timer away."""

    key: str
    name: str
    was: str | None
    row: TimerRow | None


class DueTimer(NamedTuple):
    """A timer that is to be sent. late: seconds since it is due, by the store's clock."""

    key: str
    name: str
    topic: str
    late: float
    row: TimerRow


class Due(NamedTuple):
    """now: by the store's clock. timers: that are due, those of each partition in the order in which they are. wait: seconds
    until the next one, by the same clock; 0 if there are more that are due, None if none waits."""

    now: datetime
    timers: Sequence[DueTimer]
    wait: float | None


class Missed(NamedTuple):
    """next: offset of the first event of a source that a reader of facts could not apply. code: which code could not."""

    next: int
    code: str


@dataclass(slots=True)
class Moment:
    """What a look found, of what it was asked for.

    floors: a source that was never opened is missing. known: ids that are in the inbox, with their outcome. states: aggregates
    that exist. left: keys of states that were left out, since with those asked for before them they are more than LOOK_BYTES
    (the first one never is). parked: keys that are parked in the sources' topic. waiting: the oldest parked messages of the
    keys that were asked for. more: those of the keys that have more of them, or may have. named: parked messages with the ids
    that were asked for. facts: those that exist. owners: of every claim, None for a free one. timers: all of the keys. aside:
    keys of which events are set aside, with the id of the first one.
    """

    floors: dict[Source, Floor] = field(default_factory=dict[Source, Floor])
    known: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    states: dict[str, Stored] = field(default_factory=dict[str, Stored])
    left: set[str] = field(default_factory=set[str])
    parked: set[str] = field(default_factory=set[str])
    waiting: list[ParkedRow] = field(default_factory=list[ParkedRow])
    more: set[str] = field(default_factory=set[str])
    named: list[ParkedName] = field(default_factory=list[ParkedName])
    facts: dict[FactKey, Fact] = field(default_factory=dict[FactKey, Fact])
    owners: dict[ClaimKey, str | None] = field(default_factory=dict[ClaimKey, str | None])
    aside: dict[str, str] = field(default_factory=dict[str, str])
    timers: dict[TimerKey, Timer] = field(default_factory=dict[TimerKey, Timer])


@dataclass(slots=True)
class Changes:
    """All that one source writes.

    next: the floor afterwards. inbox: ids that are done, with their outcome. facts_read: facts that the decisions of ids in
    `inbox` read (topics.messages.headers.FACTS). claims: values that were free, and who owns them from now on. release: values
    that are free from now on, with their owner; one that somebody else owns stays. unpark: `seq` of parked messages to delete.
    missed: the first event that could not be applied; where the store knows an earlier one, that one stays. timers: to set, to
    move or to take away; the owner of the source sends them. set_aside: events to set aside, so that their effects count as not
    begun; one that is set aside already gets the row's due time, if the row has more tries. take_back: ids of events that are
    set aside no more; the next of their keys is due at once. sent: published outbox rows of the source to delete. raised: which
    of the last messages raised (agents.runtime.deciding.breaker), None where that is stored already.
    """

    next: int
    inbox: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    facts_read: dict[InboxKey, str] = field(default_factory=dict[InboxKey, str])
    states: list[StateWrite] = field(default_factory=list[StateWrite])
    facts: list[FactWrite] = field(default_factory=list[FactWrite])
    outbox: list[OutboxRow] = field(default_factory=list[OutboxRow])
    park: list[ParkedRow] = field(default_factory=list[ParkedRow])
    unpark: list[int] = field(default_factory=list[int])
    claims: dict[ClaimKey, str] = field(default_factory=dict[ClaimKey, str])
    release: dict[ClaimKey, str] = field(default_factory=dict[ClaimKey, str])
    missed: Missed | None = None
    set_aside: list[AsideRow] = field(default_factory=list[AsideRow])
    take_back: list[str] = field(default_factory=list[str])
    timers: Sequence[TimerWrite] = ()
    sent: Sequence[RowId] = ()
    raised: int | None = None


class DomainStore(Protocol):
    """Every method raises Unavailable where the server is away or takes too long."""

    domain: str

    async def open(self, source: Source, earliest: int) -> Floor:
        """The floor of a partition that was just assigned; counts its epoch up. earliest: where it begins the first time.

        Raises Lost where the store should know the floor and does not.
        """
        ...

    async def again(self, source: Source, epoch: int, code: str) -> tuple[int | None, bool]:
        """Moves the floor back to the first event that was missed, if other code than `code` has missed it, and forgets it.

        Returns where the floor is then, None if nothing has changed; and whether events are missed that this code has missed.
        Does nothing if the partition was opened again since `epoch`.
        """
        ...

    async def look(
        self,
        sources: Sequence[Source],
        *,
        ids: Sequence[InboxKey] = (),
        keys: Sequence[str] = (),
        facts: Sequence[FactKey] = (),
        claims: Sequence[ClaimKey] = (),
        parked: Sequence[str] = (),
        named: Sequence[str] = (),
        aside: Sequence[str] = (),
    ) -> Moment:
        """Reads all that a decision needs, without a lock, in one round trip if the store can.

        sources: of one group and topic. keys: ids of aggregates; their states and timers are read, and which of them are
        parked. parked: keys whose parked messages are read, one key after the other, PARKED_AT_ONCE and LOOK_BYTES in all;
        there is always one of the first key. named: ids of parked messages of these keys that are told wherever they stand.
        aside: keys of which events may be set aside; only where there is one source. Raises BadData for an id, key or claim
        that can never be stored.
        """
        ...

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        """Writes all changes or none. A state, id, claim or timer may stand in the changes of one source only.

        Guards: the floor of each source, and the owner of each claim in the moment, are as in the moment; each state has its
        `old_version`; the ids are not in the inbox, and the rows not in the outbox; claims to take are free; messages to unpark
        and events to take back are there, and so are the events of `aside` in the moment; each timer has the id that it `was`.
        Raises Stale if a guard fails and BadData for what can never be stored: nothing is written then. Raises Unavailable if
        nobody knows whether it is written.
        """
        ...

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        """States of those that exist, for preparations."""
        ...

    async def raised(self, source: Source) -> int:
        """What was written as `raised` of Changes last, 0 if nothing was."""
        ...

    async def outbox(self, source: Source) -> list[OutboxRow]:
        """All rows of the source, in the order of their ids."""
        ...

    async def outbox_sources(self) -> set[Source]:
        """The sources that have outbox rows."""
        ...

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        """Deletes outbox rows that are published."""
        ...

    async def due_timers(self, epochs: Mapping[Source, int], limit: int) -> Due:
        """Timers that these sources have set and that are due by the store's clock, at most `limit` of each source.

        epochs: a source that was opened again since has none.
        """
        ...

    async def timers_sent(self, timers: Sequence[DueTimer]) -> None:
        """They are not due any more. They stay set until a write takes them away. One that was moved meanwhile is not
        touched."""
        ...

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        """Records that effects begin. Returns id → whether it began before and never ended, so that this try may repeat it.

        Effects that have ended are missing there. Raises Conflict if the partition was opened again since `epoch`.
        """
        ...

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        """Records that effects have ended, and the outbox rows that they led to. Rows that exist stay as they are."""
        ...

    async def next_aside(self, source: Source, limit: int) -> list[AsideRow]:
        """The first `limit` of the events that are set aside and have a due time, in the order of these times."""
        ...

    async def waiting(self, sources: Sequence[Source]) -> dict[Source, Waiting]:
        """Of those of which events are set aside. sources: of one group and topic."""
        ...

    async def sweep(self, kept: timedelta, limit: int) -> bool:
        """Deletes inbox entries and ended effects that are older than `kept` by the store's clock, which has dated them, at
        most `limit` of each. Returns whether there may be more."""
        ...

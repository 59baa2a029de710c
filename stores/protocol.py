"""What a domain's store can do for the runtime: one look, one guarded write, and the outbox. One contract suite holds
every implementation to it (tests/stores/contract).

A store belongs to one domain. A decision is made on a Moment that `look` gives, without a lock, and `write` changes the store
only where it still is as in that moment. So a store needs no transaction that stays open while the runtime thinks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

LOOK_BYTES = 8 * 1024 * 1024
"""Of states that one look brings: a process holds them, their decoded form and what is made of them at the same time."""

ClaimKey = tuple[str, str]  # (kind, value), e.g. ("email", "a@b.c")
FactKey = tuple[str, str]  # (fact table, key)
InboxKey = tuple[str, str]  # (source, id)


class Source(NamedTuple):
    """A partition as one consumer group reads it: whose floor, whose outbox."""

    group: str
    topic: str
    partition: int


class Floor(NamedTuple):
    """next: the next offset to do. incarnation: which making of the topic. epoch: how often the partition was opened."""

    next: int
    incarnation: int
    epoch: int


class Stored(NamedTuple):
    version: int
    body: str  # JSON


class Fact(NamedTuple):
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


class OutboxRow(NamedTuple):
    """kafka: target is a topic. reply: target is the asking edge process ('' for none), key the operation id.

    headers: JSON. named: what `headers` encodes, of a Kafka row that was made in this process: the publisher need not decode
    it again.
    """

    channel: Literal["kafka", "reply"]
    target: str
    key: bytes | None
    headers: str
    body: bytes | None
    id: RowId = UNPLACED
    named: list[tuple[str, bytes]] | None = None


class ParkedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that waits for a redrive; key and topic say behind whom. headers: as they came, name → value.

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


class StateWrite(NamedTuple):
    id: str
    old_version: int  # 0: made by this batch
    version: int
    body: str


class FactWrite(NamedTuple):
    table: str
    key: str
    version: int
    body: str | None  # None: gone; the version stays as a guard


@dataclass(slots=True)
class Moment:
    """How the store was at a look, as far as it was asked.

    floors: of the sources that were opened once. known: ids in the inbox, with their outcome. left: keys whose states would
    have been more than LOOK_BYTES together with those asked for before them (the first one always comes). parked: which of the
    keys are parked in the sources' topic. waiting: the messages that are parked of the keys whose were asked for, oldest first.
    owners: of each claim that was asked for, None where it is free.
    """

    floors: dict[Source, Floor] = field(default_factory=dict[Source, Floor])
    known: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    states: dict[str, Stored] = field(default_factory=dict[str, Stored])
    left: set[str] = field(default_factory=set[str])
    parked: set[str] = field(default_factory=set[str])
    waiting: list[ParkedRow] = field(default_factory=list[ParkedRow])
    facts: dict[FactKey, Fact] = field(default_factory=dict[FactKey, Fact])
    owners: dict[ClaimKey, str | None] = field(default_factory=dict[ClaimKey, str | None])


@dataclass(slots=True)
class Changes:
    """All that one source's batch writes.

    next: the floor afterwards. facts_read: of ids in `inbox`, what their decisions read (topics.messages.headers.FACTS).
    claims: free values and who owns them from now on. release: values that are free from now on, with their owner (where
    another one owns it, it stays). unpark: `seq` of parked messages that go. sent: outbox rows of the source
    that are out and can go.
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
    sent: Sequence[RowId] = ()


class DomainStore(Protocol):
    """Every method raises Unavailable where the server is away or takes too long."""

    domain: str

    async def open(self, source: Source, earliest: int) -> Floor:
        """The floor of a partition that was just assigned (made at `earliest` the first time); counts the epoch up."""
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
    ) -> Moment:
        """All that a decision needs, without a lock, in one round trip where the store can.

        sources: of one group and topic. keys: of aggregates; their states, and which of them are parked. parked: keys whose
        parked messages are wanted. Raises BadData for an id, key or claim that could not be stored either.
        """
        ...

    async def write(self, moment: Moment, changes: Mapping[Source, Changes]) -> None:
        """All changes, or none and it raises. No state, id or claim may stand in the changes of two sources.

        Guarded: the floor of each source, and the owner of each claim of the moment, are as in the moment; each state has its
        `old_version`; no id is in the inbox, and no row in the outbox; claims that are taken are free; what is unparked is
        there. Raises Stale where a guard fails, BadData for what can never be stored, Unavailable where nobody knows whether it
        happened.
        """
        ...

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        """For preparation."""
        ...

    async def outbox(self, source: Source) -> list[OutboxRow]:
        """All rows that are still there, in the order of their ids."""
        ...

    async def outbox_sources(self) -> set[Source]:
        """Which sources have rows."""
        ...

    async def forget(self, source: Source, sent: Sequence[RowId]) -> None:
        """Deletes outbox rows that are out."""
        ...

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        """Claims effects before they are tried: id → whether an earlier try was in flight (so this one repeats it).

        Ids that are done are missing from the answer. Raises Conflict where the partition was opened again since then.
        """
        ...

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> None:
        """Records the outcomes. Rows that are there already stay as they are."""
        ...

    async def sweep(self, older_than: datetime, limit: int) -> int:
        """Deletes inbox entries, at most `limit`; returns how many."""
        ...

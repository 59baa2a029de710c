"""What a domain's store can do for the runtime: load, commit a batch, drain. Three technologies, one contract suite.

A store belongs to one domain. All that one batch reads and writes happens in one Unit, under the floor of the batch's
source partition.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

ClaimKey = tuple[str, str]  # (kind, value), e.g. ("email", "a@b.c")
FactKey = tuple[str, str]  # (fact table, key)
InboxKey = tuple[str, str]  # (source, id)


class Source(NamedTuple):
    """A partition as one consumer group reads it: whose floor, whose outbox."""

    group: str
    topic: str
    partition: int


class Opening(NamedTuple):
    """next: the floor, the next offset to do. incarnation: which making of the topic. epoch: counts openings."""

    next: int
    incarnation: int
    epoch: int


class Claimed(NamedTuple):
    """owners: of each asked value. fresh: those that were free until now."""

    owners: dict[ClaimKey, str]
    fresh: set[ClaimKey]


class Stored(NamedTuple):
    version: int
    body: str  # JSON


class Fact(NamedTuple):
    version: int
    body: str | None  # None: gone; the version stays as a guard


class OutboxRow(NamedTuple):
    """kafka: target is a topic. reply: target is the asking edge process ('' for none), key the operation id.

    seq is 0 until the row is committed. headers: JSON. named: what `headers` encodes, of a Kafka row that was made in this
    process: the publisher need not decode it again.
    """

    channel: Literal["kafka", "reply"]
    target: str
    key: bytes | None
    headers: str
    body: bytes | None
    seq: int = 0
    named: list[tuple[str, bytes]] | None = None


class ParkedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that waits for a redrive; key and topic say behind whom. headers: as they came, name → value."""

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
class Snapshot:
    """known: ids already in the inbox with their outcome. parked: which of the keys are parked in this topic."""

    known: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    states: dict[str, Stored] = field(default_factory=dict[str, Stored])
    parked: set[str] = field(default_factory=set[str])
    facts: dict[FactKey, Fact] = field(default_factory=dict[FactKey, Fact])


@dataclass(slots=True)
class Changes:
    """All that a batch writes. sent: outbox rows that are out and can go."""

    next: int
    inbox: dict[InboxKey, str | None] = field(default_factory=dict[InboxKey, str | None])
    states: list[StateWrite] = field(default_factory=list[StateWrite])
    facts: list[FactWrite] = field(default_factory=list[FactWrite])
    outbox: list[OutboxRow] = field(default_factory=list[OutboxRow])
    park: list[ParkedRow] = field(default_factory=list[ParkedRow])
    unpark: list[int] = field(default_factory=list[int])
    release: list[ClaimKey] = field(default_factory=list[ClaimKey])
    sent: Sequence[int] = ()


class Unit(Protocol):
    """One transaction over one batch. Leaving it without commit undoes everything. Raises Doubt or BadData."""

    floor: int
    epoch: int
    incarnation: int

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str], facts: Sequence[FactKey] = ()) -> Snapshot:
        """What the store knows of these messages, aggregates and facts, in one go."""
        ...

    async def claim(self, claims: Mapping[ClaimKey, str]) -> Claimed:
        """Takes what is free for the given owners."""
        ...

    async def facts(self, wanted: Sequence[FactKey]) -> dict[FactKey, Fact]: ...

    async def parked_rows(self, keys: Sequence[str]) -> list[ParkedRow]:
        """All that waits for these keys in this topic, oldest first."""
        ...

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        """Writes everything or raises; returns the outbox rows with their seq, in order."""
        ...


class DomainStore(Protocol):
    """Raises Doubt where the server is away."""

    domain: str

    async def open(self, source: Source, earliest: int) -> Opening:
        """The floor of a partition that was just assigned (made at `earliest` the first time); counts the epoch up."""
        ...

    def unit(self, source: Source) -> AbstractAsyncContextManager[Unit]:
        """Locks the floor of the source."""
        ...

    async def states(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Unlocked, for preparation."""
        ...

    async def outbox(self, source: Source) -> list[OutboxRow]:
        """All rows that are still there, by seq."""
        ...

    async def outbox_sources(self) -> set[Source]:
        """Which sources have rows."""
        ...

    async def forget(self, sent: Sequence[int]) -> None:
        """Deletes outbox rows that are out."""
        ...

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        """Claims effects before they are tried: id → whether an earlier try was in flight (so this one repeats it).

        Ids that are done are missing from the answer. Raises Conflict where the partition was opened again since then.
        """
        ...

    async def end_effects(self, source: Source, done: Sequence[str], outbox: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Records the outcomes; returns the outbox rows with their seq."""
        ...

    async def sweep(self, older_than: datetime, limit: int) -> int:
        """Deletes inbox entries, at most `limit`; returns how many."""
        ...

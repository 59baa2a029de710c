"""What engineers' commands need of domains' stores: what is parked, how far readers are, and copies that are written anew.

Each technology has an implementation of its own (stores/technologies.py). All methods raise Doubt.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from stores.protocol import FactKey, FactWrite, InboxKey, ParkedRow, RowId, Source, Stored


class ParkedKey(NamedTuple):
    """A parked key. messages: how many are parked. id, source, at, reason: of the first one, for which the key was parked."""

    domain: str
    topic: str
    key: str
    messages: int
    id: str
    source: str
    at: datetime
    reason: str


class ParkedAs(NamedTuple):
    """Where a parked message waits."""

    domain: str
    key: str
    source: str
    id: str


class Left(NamedTuple):
    """messages: that are still parked under a key. id: of the first one."""

    messages: int
    id: str


class Entered(NamedTuple):
    """What the inbox says of a message. outcome: see agents/runtime/deciding/outcomes.py; None for none. facts: what its
    decision read (topics.messages.headers.FACTS), where it made no event that says so."""

    outcome: str | None
    facts: str | None


class First(NamedTuple):
    """The message for which a key was parked. headers: see ParkedRow."""

    id: str
    headers: Sequence[tuple[str, bytes]]


class SetAside(NamedTuple):
    """An event that is set aside, and the earliest one of its key that is: that one is tried before it.

    since: when the event was set aside. first: id of the earliest one, often of the event itself. tries, due, until, reason: of
    that one, see stores.protocol.AsideRow.
    """

    source: Source
    key: str
    id: str
    since: datetime
    first: str
    tries: int
    due: datetime | None
    until: datetime | None
    reason: str


class Written(NamedTuple):
    """An outbox row without its body: it is not published yet, or is published and not deleted yet. See OutboxRow."""

    source: Source
    id: RowId
    channel: str
    target: str
    key: bytes | None
    headers: str


class SetTimer(NamedTuple):
    """A timer that is set. source: of the partition whose owner sends its command. sent: it was sent, and is not decided yet.
    headers: of the command, as in an outbox row."""

    source: Source
    key: str
    name: str
    id: str
    due: datetime
    sent: bool
    headers: str


class Floor(NamedTuple):
    domain: str
    group: str
    topic: str
    partition: int
    next: int
    incarnation: int


class Domains(Protocol):
    """The stores of several domains. It writes little: a new incarnation of a topic, and it deletes the entry of an effect
    that is to be tried again. A domain that is not among `names` has nothing."""

    @property
    def names(self) -> Sequence[str]:
        """Of the domains."""
        ...

    async def parked_keys(self, topic: str | None = None) -> Sequence[ParkedKey]:
        """topic: None for all."""
        ...

    async def parked(self, domain: str, topic: str, key: str, most: int) -> Sequence[ParkedRow]:
        """The oldest ones, oldest first."""
        ...

    async def parked_as(self, topic: str, ids: Sequence[str]) -> Sequence[ParkedAs]:
        """The parked messages with these ids."""
        ...

    async def left(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, Left]:
        """What is still parked under these keys; a key that is free is missing."""
        ...

    async def first(self, domain: str, topic: str, keys: Sequence[str]) -> dict[str, First]:
        """The first message of each key."""
        ...

    async def known(self, domain: str, messages: Sequence[InboxKey]) -> set[InboxKey]:
        """Those that are in the inbox: they took effect or were refused, within the days that the inbox keeps them."""
        ...

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> dict[InboxKey, Entered]:
        """As `known`, with what the inbox says of each."""
        ...

    async def states(self, domain: str, ids: Sequence[str]) -> dict[str, Stored]:
        """Of the aggregates that exist."""
        ...

    async def floors(self, topic: str | None = None) -> Sequence[Floor]:
        """topic: None for all."""
        ...

    async def set_aside(self, domain: str, events: Collection[tuple[str, str]]) -> Sequence[SetAside]:
        """Those of the events, (group, id), that are set aside."""
        ...

    async def outbox(self, domain: str, led_to: Mapping[Source, Collection[int]], most: int) -> Sequence[Written]:
        """Rows to which the messages at these offsets have led, those of a source in the order of their ids. most: rows of a
        source."""
        ...

    async def timers(self, domain: str, keys: Collection[str]) -> Sequence[SetTimer]:
        """Of these aggregates, by due time."""
        ...

    async def forget_effect(self, domain: str, group: str, event_id: str) -> None:
        """Deletes the entry of an effect. One that raised counts as ended, and would not be tried again."""
        ...

    async def begin_again(self, topic: str, beginnings: Mapping[int, int]) -> None:
        """Begins a new incarnation of a topic that was made anew, in all domains of a technology or none. Commands of timers
        that were sent and not decided are gone with the old one: they are sent again.

        beginnings: partition → first offset of its log, where the floors go.
        """
        ...


class Facts(Protocol):
    """The facts of one domain, written anew while its agents go on: see agents/reread.py."""

    async def count(self, name: str) -> int:
        """How many facts the table has."""
        ...

    async def has_floor(self, group: str, topic: str) -> bool:
        """Whether the group has read the topic."""
        ...

    async def different(self, facts: Sequence[FactWrite]) -> int:
        """How many of these are missing, older, or of the same version and different."""
        ...

    async def write(self, source: Source, facts: Sequence[FactWrite]) -> tuple[int, set[FactKey]]:
        """Writes those that are different, all or none. Returns how many, and which the agents have at a later version.

        source: the partition that the facts come from.
        """
        ...

    async def nothing_is_missed(self, source: Source) -> None:
        """No event of the partition is waiting for other code any more."""
        ...

"""What is known of a flow beside its messages: what stores, views, agents and servers say of it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, cast

import msgspec

from replay.log.message import Message
from stores.engineering import Entered, ParkedKey, SetAside, SetTimer, Written
from stores.kafka.log import Bounds, Place
from stores.protocol import InboxKey
from topics.messages import headers

EVENTS, COMMANDS = "_events", "_commands"


class Reader(NamedTuple):
    """How far a group has come with a partition. next: the first offset that it has not done."""

    group: str
    place: Place
    next: int


class Standstill(NamedTuple):
    """A partition with which agents do not go on, by their own word.

    how: `stopped`, `held` back since its commands raise one after the other, or `behind`: some of its aggregates are. since:
    when the process has noticed it; None where it does not say. why: '' for one that is held.
    """

    group: str
    place: Place
    how: Literal["stopped", "held", "behind"]
    since: datetime | None
    why: str


class Unasked(NamedTuple):
    """Somebody who did not answer. says: who, and what is not known therefore. needed: whether the flow's own domains wait for
    it, too."""

    says: str
    needed: bool


@dataclass(frozen=True)
class Known:
    """entered: by domain and message. withdrawn: ids of commands that the edge has taken back. away: group → the server that
    it needs and that does not answer. unsent: outbox rows; those whose messages are in the log went out. timers: by due time.
    now: UTC."""

    readers: Sequence[Reader] = ()
    bounds: Mapping[Place, Bounds] = field(default_factory=dict[Place, Bounds])
    parked: Sequence[ParkedKey] = ()
    entered: Mapping[tuple[str, InboxKey], Entered] = field(default_factory=dict[tuple[str, InboxKey], Entered])
    withdrawn: Set[str] = frozenset()
    away: Mapping[str, str] = field(default_factory=dict[str, str])
    aside: Sequence[SetAside] = ()
    unsent: Sequence[Written] = ()
    timers: Sequence[SetTimer] = ()
    standstills: Sequence[Standstill] = ()
    unasked: Sequence[Unasked] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def outcome(self, message: Message) -> dict[str, Any]:
        """What the inbox of its domain says of a command; empty where that is nothing."""
        entered = self.entered.get((domain_of(message.logged.topic), inbox_key(message)))
        if entered is None or entered.outcome is None:
            return {}
        said: Any = msgspec.json.decode(entered.outcome)
        return cast(dict[str, Any], said) if isinstance(said, dict) else {}


def domain_of(topic: str) -> str:
    return topic.rsplit("_", 1)[0]


def inbox_key(message: Message) -> InboxKey:
    """Under which the inbox of the domain that decides it has it."""
    source = message.headers.get(headers.DLQ_SOURCE) or message.headers.get(headers.SOURCE)
    return source or f"kafka/{message.logged.topic}", message.id

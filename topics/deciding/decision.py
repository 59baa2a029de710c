"""The vocabulary of deciders, policies and intakes: what they get and give. No I/O, no clock here.

For views and fact tables see topics/deciding/projection.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from topics.deciding.projection import FactTable
from topics.messages.event import EventMeta
from topics.messages.ids import derive
from topics.messages.message import Message
from topics.messages.stored_form import StoredForm
from topics.messages.topic import Topic
from topics.messages.upcasting import Step

C = TypeVar("C", bound=Message)
E = TypeVar("E", bound=Message)
S = TypeVar("S", bound=msgspec.Struct)
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Fired:
    """The timer that has sent a command. due: UTC, as the decision that set it wanted it."""

    name: str
    due: datetime


class Context(msgspec.Struct, frozen=True):
    """What comes with a command besides its body.

    now: the broker's append time, UTC; for the command of a timer never before it is due. fired: the timer that has sent the
    command, None if somebody else did. claims: for every unique value that the command asked for, who owns it now.
    prepared: what the domain's preparation made of this command (None without one).
    """

    command_id: str
    aggregate_id: str
    now: datetime
    caller: str | None = None
    correlation_id: str = ""
    claims: Mapping[tuple[str, str], str] = msgspec.field(default_factory=dict[tuple[str, str], str])
    prepared: Any = None
    fired: Fired | None = None

    def new_id(self, name: str) -> str:
        """An id for something that this command makes; the same on every retry."""
        return derive(self.command_id, name)


class Sealed(msgspec.Struct, frozen=True):
    """An answer that only the asking edge process can open (base64 of a libsodium sealed box)."""

    box: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """code: stable, snake_case. detail: a sentence for the user. field: which input, where there is one.

    more: members that the error has besides, as JSON values, for clients that show more than the sentence.
    """

    code: str
    detail: str
    field: str | None = None
    more: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A command that the aggregate sends to itself.

    name: see TIMER_NAME; one that is set already moves. at: UTC; a time that is past is now, and it is at most FURTHEST away.
    command: a message of the domain's command topic, of at most TIMER_BYTES.
    """

    name: str
    at: datetime
    command: Message


TIMER_NAME = r"[A-Za-z0-9_.:-]{1,100}"
FURTHEST = timedelta(days=3 * 366)
TIMERS = 64
"""Of an aggregate, at the same time."""
TIMER_BYTES = 16 * 1024


class Decision(msgspec.Struct, Generic[E], frozen=True):
    """takes: of the (kind, value) pairs that the command asks for, those that become this aggregate's own; None: all of them.
    releases: those that were its own and are free for others from here on.

    cancels: names of timers that are not to be sent; one that is not set is ignored. timers: to set or move, after that.
    """

    events: tuple[E, ...] = ()
    answer: msgspec.Struct | Sealed | Mapping[str, Any] | list[Any] | None = None
    rejection: Rejection | None = None
    handed_on: bool = False
    takes: tuple[tuple[str, str], ...] | None = None
    releases: tuple[tuple[str, str], ...] = ()
    timers: tuple[Timer, ...] = ()
    cancels: tuple[str, ...] = ()


def accept(
    *events: E,
    answer: msgspec.Struct | Sealed | Mapping[str, Any] | list[Any] | None = None,
    takes: tuple[tuple[str, str], ...] | None = None,
    releases: tuple[tuple[str, str], ...] = (),
    timers: tuple[Timer, ...] = (),
    cancels: tuple[str, ...] = (),
) -> Decision[E]:
    """The events happen (none: nothing to change) and the caller gets `answer`."""
    return Decision(events=events, answer=answer, takes=takes, releases=releases, timers=timers, cancels=cancels)


def reject(
    code: str,
    detail: str,
    *,
    field: str | None = None,
    more: Mapping[str, Any] | None = None,
    events: tuple[E, ...] = (),
) -> Decision[E]:
    """The caller is refused. `events` only where the refusal itself must be remembered."""
    return Decision(events=events, rejection=Rejection(code, detail, field, more))


def hand_on(*events: E, timers: tuple[Timer, ...] = (), cancels: tuple[str, ...] = ()) -> Decision[E]:
    """The events happen; a command that the policy makes of them answers the caller in another domain."""
    return Decision(events=events, handed_on=True, timers=timers, cancels=cancels)


class StalePreparation(Exception):
    """The preparation looked at a state that is no longer current: prepare again."""


def no_facts() -> None:
    return None


def _no_needs(command: Any, state: Any) -> Iterable[tuple[str, str]]:
    return ()


def _no_claims(command: Any, aggregate_id: str, caller: str | None) -> Iterable[tuple[str, str]]:
    return ()


def _no_timers(state: Any) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Decider(Generic[C, E, S, F]):
    """One aggregate type of a domain. All functions are pure.

    state: its struct; `state()` is the aggregate before its first event. facts: class whose constructor takes one
    mapping for each of `fact_tables`, under its name; `needs` names the (table name, key) pairs a command reads.
    upcasts: from one form of the state to the next; see topics/messages/stored_form.py.
    claims: of a command, the aggregate and the caller: (kind, value) pairs that the aggregate wants as its own, e.g.
    ("email", "a@b.c").
    renews: the command that sets the timers of such a state once more, for a store that was made anew; None where it has none.
    """

    state: type[S]
    decide: Callable[[C, S, F, Context], Decision[E]]
    evolve: Callable[[S, E], S]
    facts: Callable[..., F] = no_facts  # type: ignore[assignment]
    fact_tables: tuple[FactTable[Any, Any], ...] = ()
    needs: Callable[[C, S], Iterable[tuple[str, str]]] = _no_needs
    claims: Callable[[C, str, str | None], Iterable[tuple[str, str]]] = _no_claims
    upcasts: tuple[Step, ...] = ()
    renews: Callable[[S], C | None] = _no_timers

    @property
    def form(self) -> StoredForm[S]:
        return StoredForm(self.state, self.upcasts)

    @property
    def claims_nothing(self) -> bool:
        """Whether no command of it ever asks for a value."""
        return self.claims is _no_claims


@dataclass(frozen=True, slots=True)
class Send:
    """A message for another topic. Its id is derive(cause, topic name + suffix); `suffix` tells several to one topic apart.

    answers: the receiver answers the original caller (see hand_on).
    """

    topic: Topic
    key: str
    message: Message
    suffix: str = ""
    answers: bool = False


React = Callable[[E, EventMeta, S], Iterable[Send]]
"""policy: an event and the state after it → messages for other domains."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom and when a message of another domain or system comes from.

    id, source: together they name the message (ce_id, ce_source; made from its place in the log where it has none).
    at: the record's time, UTC. key: the Kafka key as sent, not to be trusted.
    """

    id: str
    source: str
    at: datetime
    aggregate_id: str | None = None  # ce_subject
    version: int | None = None  # ce_sequence
    key: str | None = None


Translate = Callable[[Any, Origin], Iterable[Send]]
"""intake: a foreign message → own commands. Raises Undecodable for what it cannot accept."""

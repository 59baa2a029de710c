"""What follows from a decision: events, the state after them, and messages for other domains. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from stores.protocol import OutboxRow
from topics.deciding.decision import Decider, Decision, React, Send
from topics.messages import headers, ids
from topics.messages.event import EventMeta
from topics.messages.reply import Wrote
from topics.messages.topic import Topic


class Roles(msgspec.Struct, frozen=True):
    """The parts of a domain that commands need: topics of its commands and events, its decider and its policy."""

    commands: Topic
    events: Topic
    decider: Decider[Any, Any, Any, Any]
    react: React[Any, Any] | None = None

    def claims(self, arrival: Arrival) -> Iterable[tuple[str, str]]:
        """What a command that can be read asks for. Raises what the domain's code raises."""
        return self.decider.claims(arrival.message, arrival.key or "", arrival.headers.get(headers.CALLER))


class Consequences(NamedTuple):
    """version, state: of the aggregate afterwards. rows: all messages, for the outbox. wrote: the aggregate and its version, if
    there are events. handed_on: the rows whose receivers answer the caller."""

    version: int
    state: Any
    rows: list[OutboxRow]
    wrote: tuple[Wrote, ...]
    handed_on: list[OutboxRow]


def _nothing_follows(event: Any, meta: EventMeta, state: Any) -> Iterable[Send]:
    return ()


def of(
    roles: Roles, arrival: Arrival, decision: Decision[Any], key: str, before: int, state: Any, facts: str | None
) -> Consequences:
    """key: id of the aggregate. before, state: its version and state when it was decided. facts: header FACTS, what it read.

    Raises what the domain's code raises, and TooLarge.
    """
    correlation = letters.correlation_of(arrival)
    happened: list[tuple[EventMeta, Any, Any]] = []
    for place, message in enumerate(decision.events, 1):
        state = roles.decider.evolve(state, message)
        meta = EventMeta(ids.derive(arrival.id, f"event {place}"), key, before + place, arrival.at, correlation)
        happened.append((meta, message, state))
    rows = [
        letters.event(roles.events, arrival, meta, message, facts if place == 0 else None)
        for place, (meta, message, _) in enumerate(happened)
    ]
    version = before + len(happened)
    wrote = (Wrote(roles.events.domain, key, version),) if happened else ()
    handed_on: list[OutboxRow] = []
    react = roles.react or _nothing_follows
    for meta, message, then in happened:
        for send in react(message, meta, then):
            rows.append(letters.sent(send, meta.id, arrival, roles.events.domain, wrote))
            if send.answers:
                handed_on.append(rows[-1])
    return Consequences(version, state, rows, wrote, handed_on)

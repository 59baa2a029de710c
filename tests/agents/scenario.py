"""given/when/then for deciders: events that happened, a command, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from topics.deciding.decision import Context, Decider, Decision, Fired, Sealed, Timer
from topics.deciding.projection import View
from topics.messages.event import EventMeta
from topics.messages.message import Message

NOW = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)

ID = "7d0e1c52-9f0a-4c5e-8a31-5b1f0c2d3e4f"
COMMAND_ID = "aaaaaaaa-0000-4000-8000-000000000001"


def stored(state: Any) -> Any:
    """The state after a trip through its store."""
    return msgspec.json.decode(msgspec.json.encode(state), type=type(state))


@dataclass(frozen=True)
class Outcome:
    decision: Decision[Any]
    state: Any

    def then(self, *events: Message) -> "Outcome":
        assert self.decision.rejection is None, f"rejected: {self.decision.rejection}"
        assert self.decision.events == events
        return self

    def then_nothing(self) -> "Outcome":
        return self.then()

    def then_rejected(self, code: str, *, field: str | None = None, but: tuple[Message, ...] = ()) -> "Outcome":
        """but: events that happen all the same."""
        assert self.decision.rejection is not None, f"accepted: {self.decision.events}"
        assert self.decision.rejection.code == code
        assert self.decision.rejection.detail
        if field is not None:
            assert self.decision.rejection.field == field
        assert self.decision.events == but
        return self

    def setting(self, *timers: Timer) -> "Outcome":
        assert self.decision.timers == timers
        return self

    def handed_on(self) -> "Outcome":
        assert self.decision.handed_on and self.decision.rejection is None
        return self

    def answering(self, **fields: Any) -> "Outcome":
        """The answer has these fields, as a client reads them."""
        body = msgspec.json.decode(msgspec.json.encode(self.decision.answer))
        assert {name: body[name] for name in fields} == fields
        return self

    def answering_sealed(self, box: str) -> "Outcome":
        assert self.decision.answer == Sealed(box=box)
        return self


@dataclass(frozen=True)
class Given:
    """The aggregate as the events left it."""

    decider: Decider[Any, Any, Any, Any]
    state: Any

    def when(
        self,
        command: Message,
        *,
        facts: Any = None,
        caller: str | None = ID,
        now: datetime = NOW,
        prepared: Any = None,
        claims: Mapping[tuple[str, str], str] | None = None,
        command_id: str = COMMAND_ID,
        fired: Fired | None = None,
    ) -> Outcome:
        """claims: who owns what the command asks for; by default the aggregate itself."""
        wanted = dict.fromkeys(self.decider.claims(command, ID, caller), ID)
        context = Context(
            command_id, ID, now, caller=caller, claims=wanted | dict(claims or {}), prepared=prepared, fired=fired
        )
        known = declared(self.decider, command, self.state, self.decider.facts() if facts is None else facts)
        decision = self.decider.decide(command, self.state, known, context)
        return Outcome(decision, evolved(self.decider, self.state, decision.events))


def declared(decider: Decider[Any, Any, Any, Any], command: Message, state: Any, facts: Any) -> Any:
    """Of the facts only what `needs` names: the runtime loads nothing else."""
    needed = set(decider.needs(command, state))
    return decider.facts(
        **{
            table.name: {key: fact for key, fact in getattr(facts, table.name).items() if (table.name, key) in needed}
            for table in decider.fact_tables
        }
    )


def evolved(decider: Decider[Any, Any, Any, Any], state: Any, events: tuple[Any, ...]) -> Any:
    for event in events:
        state = decider.evolve(state, event)
        assert stored(state) == state, "the store changes this state"
    return state


def given(decider: Decider[Any, Any, Any, Any], *events: Message) -> Given:
    return Given(decider, evolved(decider, decider.state(), events))


@dataclass(frozen=True)
class Shelf:
    """One aggregate's place in a view: what Redis would hold after these events."""

    document: Any
    keys: Mapping[str, str]


def shown(view: View[Any, Any], *events: Message, at: datetime = NOW) -> Any:
    """The document after the events."""
    return shelf(view, *events, at=at).document


def shelf(view: View[Any, Any], *events: Message, at: datetime = NOW) -> Shelf:
    """The document and the side keys after the events."""
    document: Any = None
    keys: dict[str, str] = {}
    for version, event in enumerate(events, start=1):
        seen = view.show(document, event, EventMeta(f"event-{version}", ID, version, at))
        document = seen.document if seen.document is None else stored(seen.document)
        keys.update({key.name: key.value for key in seen.put})
        for name in seen.drop:
            keys.pop(name, None)
    return Shelf(document, keys)

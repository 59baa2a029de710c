"""Decides recorded commands again with the code of this checkout ("the code of now"), and compares what it decides with what
was recorded. Pure: all that it needs is in memory, and it writes nothing.

A command is decided on the state before its own events. A command without events is decided on the state that the commands
before it have led to. Facts are those whose versions were recorded with the decision.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from agents.runtime.deciding import outcomes
from replay.shadow.commands import RecordedCommand
from replay.shadow.copies import Copies, NotRecorded, read_of
from replay.shadow.differences import ABSENT, Difference, differences, json_as_shown
from replay.shadow.domains import Domain
from replay.shadow.events import Entry
from stores.engineering import Entered
from stores.kafka.growth import Growth
from stores.kafka.log import Logged
from stores.kafka.partitioning import partition_of
from topics.deciding.decision import Context, Decision, Fired, StalePreparation
from topics.messages.ids import derive
from topics.messages.message import Message, Undecodable, secret_fields
from topics.messages.redrive import Redrive
from topics.messages.reply import Reply
from topics.messages.topic import Topic

Kind = Literal["same", "different", "unknown", "passed"]
"""passed: it was not decided, and is not decided here: it was too late, or sent twice, or is no command of the domain."""

PREPARED = "it was prepared with secrets that are on no topic"
SECRETS = "its aggregate holds secrets that are on no topic"
CLAIMS = "who owned the unique values that it asked for is not recorded"
NOTHING_SAID = "it has led to no event, and nothing says why: refused long ago, withdrawn, parked, or not decided yet"
TIMER = "whether its timer was still set is not recorded"


_OTHER = "somebody else"
_OWNERS = 3  # possible owners of a value that are tried, besides the aggregate itself and nobody known


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """why: if it is unknown or passed. differences: if it is different, from what was recorded to what is decided now."""

    command: RecordedCommand
    kind: Kind
    why: str = ""
    differences: Sequence[Difference] = ()


@dataclass(slots=True)
class Recorded:
    """What the agents decided on, of some keys. commands: those of each key in their order. events_of_key: from version 1 on,
    without a gap. events_of_command: by id. broken: by key, why events_of_key ends before the last event. entered: what the
    inbox says, as far as it was asked. facts: the events of which the copies are made."""

    commands: Sequence[RecordedCommand]
    events_of_key: Mapping[str, Sequence[Entry]]
    events_of_command: Mapping[str, Sequence[Entry]]
    copies: Copies
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    entered: Mapping[tuple[str, str], Entered] = field(default_factory=dict[tuple[str, str], Entered])
    growth: Growth | None = None
    facts: Sequence[Logged] = ()

    def read_by(self, command: RecordedCommand) -> bytes | str | None:
        """Which facts the decision has read, for read_of. None: that is not recorded."""
        events = self.events_of_command.get(command.id)
        if events:
            return events[0].facts
        entered = self.entered.get(command.inbox_key)
        return None if entered is None else entered.facts


class _NeedsPrepared(Exception):
    """The decision asks for what the preparation has made of secrets, which is recorded nowhere."""


class _Context(Context, frozen=True):
    """Raises _NeedsPrepared where a decision asks for what was prepared."""

    @property
    def prepared(self) -> Any:  # type: ignore[override]
        raise _NeedsPrepared


class _Owners(dict[tuple[str, str], str]):
    """Claim → its owner. were_asked: whether the decision has looked at it."""

    were_asked = False

    def get(self, key: Any, default: Any = None) -> Any:
        self.were_asked = True
        return super().get(key, default)

    def __getitem__(self, key: tuple[str, str]) -> str:
        self.were_asked = True
        return super().__getitem__(key)


class _Aggregate(msgspec.Struct, frozen=True):
    """An aggregate at one version. lacks_secrets: it was folded from an event whose secret fields are on no topic. timers: name
    → id of the timer's command; None if they are not known."""

    version: int
    state: Any
    lacks_secrets: bool
    timers: dict[str, str] | None


Attempt = Decision[Any] | Exception
"""What the decider of now returns, or raises."""


class Deciding:
    """Of one domain. `judge` is to be called once for each command, those of a key in their order."""

    def __init__(self, domain: Domain, recorded: Recorded) -> None:
        self._domain = domain
        self._decider = domain.decider
        self._claims_nothing = domain.decider.claims_nothing
        self._recorded = recorded
        self._kinds_with_secrets = {kind for kind in domain.events.messages if secret_fields(kind)}
        self._empty = domain.decider.state()
        self._aggregates: dict[str, _Aggregate] = {}
        self._seen: set[tuple[str, str]] = set()
        self._with_events: set[tuple[str, str]] = set()  # inbox keys of commands that took effect
        # Claim → the last aggregates that have asked for it, and may have got it.
        self._claimed_by: dict[tuple[str, str], deque[str]] = {}
        self._no_facts = domain.decider.facts(**{table.name: {} for table in domain.decider.fact_tables})
        self._facts_of: dict[bytes | str, Any] = {}  # by header FACTS: many decisions have read the same

    def judge(self, command: RecordedCommand) -> Verdict:
        """Decides the command once more, and compares."""
        events = self._recorded.events_of_command.get(command.id, ())
        passed = self._passed(command, events)
        if passed is not None:
            return Verdict(command, "passed", passed)
        self._seen.add(command.inbox_key)
        if events:
            self._with_events.add(command.inbox_key)
        version = events[0].version - 1 if events else self._version_before(command)
        known = self._recorded.events_of_key.get(command.key, ())
        if version > len(known):
            return _not_whole(command, self._recorded.broken.get(command.key, ""))
        try:
            aggregate = self._aggregate_at(command.key, known, version)
        except Undecodable as error:
            return _not_whole(command, error)
        except Exception as error:
            return Verdict(
                command, "unknown", f"the code of now cannot apply its events: {type(error).__name__}: {error}"
            )
        try:
            return self._verdict(command, events, aggregate)
        except Undecodable as error:
            return _not_whole(command, error)

    def _passed(self, command: RecordedCommand, events: Sequence[Entry]) -> str | None:
        """Why the agents have not decided it. None: they have."""
        if isinstance(command.message, Redrive):
            return "an order to redrive"
        growth = self._recorded.growth
        if growth is not None and not command.forwarded:
            there = growth.partitions_at(command.logged.partition, command.logged.offset)
            if command.logged.partition != partition_of(command.logged.key or b"", there):
                return "sent on to its key's partition"
        if command.inbox_key in self._seen or not self._with_events.isdisjoint(command.earlier):
            return "sent twice"
        if events:
            return None
        if command.late:
            return "came after its deadline"
        entered = self._recorded.entered.get(command.inbox_key)
        if entered is not None and entered.outcome and not outcomes.stands(entered.outcome):
            return "withdrawn, or too late"
        return None

    def _version_before(self, command: RecordedCommand) -> int:
        """The version on which a command without events was decided: that after all events before it."""
        known = self._recorded.events_of_key.get(command.key, ())
        aggregate = self._aggregates.get(command.key)
        version = 0 if aggregate is None else aggregate.version
        while version < len(known) and known[version].at < command.at:
            version += 1
        return version

    def _aggregate_at(self, key: str, known: Sequence[Entry], version: int) -> _Aggregate:
        """Folded from where the aggregate stands, or from nothing. known: its events. Raises Undecodable, and what the domain's
        code raises."""
        now = self._aggregates.get(key)
        if now is None or now.version > version:
            now = _Aggregate(0, self._empty, False, {} if version == 0 else None)
        if now.version == version:
            return now
        state, lacks_secrets = now.state, now.lacks_secrets
        for event in known[now.version : version]:
            message = event.message(self._domain.events)
            state = self._decider.evolve(state, message)
            lacks_secrets = lacks_secrets or type(message) in self._kinds_with_secrets
        return _Aggregate(version, state, lacks_secrets, None)

    def _verdict(self, command: RecordedCommand, events: Sequence[Entry], aggregate: _Aggregate) -> Verdict:
        """events: that the command has led to. aggregate: before it. Raises Undecodable."""
        fired, timers = _fired(command), aggregate.timers
        if fired is not None and timers is not None and timers.get(fired.name) != command.id and not events:
            self._aggregates[command.key] = aggregate
            return Verdict(command, "passed", "a timer that was moved or cancelled")
        try:
            facts = self._facts(command, aggregate.state)
        except NotRecorded as error:
            self._advance(command, events, aggregate, None)
            return Verdict(command, "unknown", f"facts that were not recorded: {error}")
        found, decision = self._compared(command, events, aggregate, facts, fired)
        if found.kind != "same" and aggregate.lacks_secrets:
            found = Verdict(command, "unknown", SECRETS)
        elif found.kind == "different" and not events and command.inbox_key not in self._recorded.entered:
            found = Verdict(command, "unknown", NOTHING_SAID)
        elif found.kind == "different" and not events and fired is not None and aggregate.timers is None:
            found = Verdict(command, "unknown", TIMER)
        self._advance(command, events, aggregate, decision if found.kind == "same" else None)
        return found

    def _facts(self, command: RecordedCommand, state: Any) -> Any:
        """The facts that the decision has read. Raises NotRecorded, also if the code of now needs others."""
        if not self._decider.fact_tables:
            return self._no_facts
        said = self._recorded.read_by(command)
        read = None if said is None else read_of(said)
        try:
            needed = list(self._decider.needs(command.message, state))
        except Exception:
            needed = []  # the decision raises it again
        for table, key in needed:
            if read is None or key not in read.get(table, ()):
                raise NotRecorded(f"{table} {key}")
        if not said or not read:
            return self._no_facts
        facts = self._facts_of.get(said)
        if facts is None:
            facts = self._facts_of[said] = self._decider.facts(**self._recorded.copies.at(read))
        return facts

    def _compared(
        self, command: RecordedCommand, events: Sequence[Entry], aggregate: _Aggregate, facts: Any, fired: Fired | None
    ) -> tuple[Verdict, Decision[Any] | None]:
        """The verdict, and the decision if it is the same. Who owned the claims is not recorded, so possible owners
        are tried. If none makes it the same, it is different where the decision has not asked for owners, or where some make it
        accept and lead to other events; otherwise it is unknown."""
        likely: Verdict | None = None
        owners_matter = False
        for owners in self._possible_owners(command, events):
            try:
                attempt = self._attempt(command, aggregate.state, facts, fired, owners)
            except (_NeedsPrepared, StalePreparation):
                return Verdict(command, "unknown", PREPARED), None
            differs = self._differences(command, events, attempt)
            if not differs:
                return Verdict(command, "same"), attempt if isinstance(attempt, Decision) else None
            found = Verdict(command, "different", differences=differs)
            if not owners.were_asked:
                return found, None
            owners_matter = True
            if events and isinstance(attempt, Decision) and attempt.events:
                likely = likely or found
        if likely is not None:
            return likely, None
        return Verdict(command, "unknown", CLAIMS if owners_matter else NOTHING_SAID), None

    def _possible_owners(self, command: RecordedCommand, events: Sequence[Entry]) -> Sequence[_Owners]:
        """Who may have owned the claims that the command asks for, the likeliest first. A claim that its events name was free,
        or its own. Otherwise all were free, or belonged to an aggregate that had asked for them before, or to somebody
        unknown."""
        if self._claims_nothing:
            return (_Owners(),)
        try:
            wanted = list(self._decider.claims(command.message, command.key, command.caller))
        except Exception:
            wanted = []  # the decision raises it again
        bodies = [event.logged.body or b"" for event in events]
        named = {claim for claim in wanted if any(f'"{claim[1]}"'.encode() in body for body in bodies)}
        found = list[_Owners]()
        if len(wanted) > 1 and named:
            found.append(_Owners({claim: command.key if claim in named else _OTHER for claim in wanted}))
        others = (*self._claimed_by.get(wanted[0], ()), _OTHER) if wanted else ()
        return [*found, *(_Owners(dict.fromkeys(wanted, owner)) for owner in (command.key, *others))]

    def _attempt(
        self, command: RecordedCommand, state: Any, facts: Any, fired: Fired | None, owners: _Owners
    ) -> Attempt:
        now = command.at if fired is None else max(command.at, fired.due)
        context = _Context(
            command_id=command.id, aggregate_id=command.key, now=now, caller=command.caller,
            correlation_id=command.correlation or command.id, claims=owners, fired=fired,
        )  # fmt: skip
        try:
            return self._decider.decide(command.message, state, facts, context)
        except (_NeedsPrepared, StalePreparation):
            raise
        except Exception as error:
            return error

    def _differences(self, command: RecordedCommand, events: Sequence[Entry], attempt: Attempt) -> list[Difference]:
        if not isinstance(attempt, Decision):
            raised = f"raises {type(attempt).__name__}: {attempt}"
            return [Difference(("decision",), [event.kind for event in events], raised)]
        found = list[Difference]()
        if not self._are_same(events, attempt.events):
            for place, (event, message) in enumerate(zip_longest(events, attempt.events), 1):
                found += self._of_event(place, event, message)
        entered = self._recorded.entered.get(command.inbox_key)
        if entered is not None and entered.outcome and command.asks:
            found += _of_outcome(outcomes.read(entered.outcome), attempt)
        return found

    def _are_same(self, events: Sequence[Entry], now: Sequence[Message]) -> bool:
        """Byte for byte. Most are; so their events need not be decoded."""
        if len(events) != len(now):
            return False
        for event, message in zip(events, now, strict=True):
            if event.kind != type(message).__name__ or self._domain.events.encode(message) != event.logged.body:
                return False
        return True

    def _of_event(self, place: int, event: Entry | None, now: Message | None) -> list[Difference]:
        topic = self._domain.events
        then = None if event is None else event.message(topic)
        if then is not None and now is not None and type(then) is type(now):
            # Both as the code of now writes them: it may know more fields than the code that wrote the event.
            where = f"event {place} {type(now).__name__}"
            return differences(_body(topic, then), _body(topic, now), type(now), where)
        before, after = (ABSENT if m is None else _named(topic, m) for m in (then, now))
        return [Difference((f"event {place}",), before, after)]

    def _advance(
        self, command: RecordedCommand, events: Sequence[Entry], aggregate: _Aggregate, decision: Decision[Any] | None
    ) -> None:
        """Moves the aggregate past the command: by the events of `decision`, which are the recorded ones with their secrets,
        and with its timers; or without it by the recorded events."""
        if decision is None:
            known = self._recorded.events_of_key.get(command.key, ())
            version = min(aggregate.version + len(events), len(known))
            self._aggregates[command.key] = aggregate
            if events:
                self._aggregates[command.key] = self._aggregate_at(command.key, known, version)
            return
        state = aggregate.state
        for message in decision.events:
            state = self._decider.evolve(state, message)
        timers = aggregate.timers
        if timers is not None and (decision.cancels or decision.timers or command.timer is not None):
            gone = {*decision.cancels, command.timer}
            timers = {name: id for name, id in timers.items() if name not in gone}
            timers |= {t.name: derive(command.id, f"timer {t.name} {command.source}") for t in decision.timers}
        if decision.rejection is None and decision.events and not self._claims_nothing:
            for claim in self._decider.claims(command.message, command.key, command.caller):
                self._claimed_by.setdefault(claim, deque(maxlen=_OWNERS)).append(command.key)
        self._aggregates[command.key] = _Aggregate(
            aggregate.version + len(decision.events), state, aggregate.lacks_secrets, timers
        )


def _fired(command: RecordedCommand) -> Fired | None:
    name, due = command.timer, command.due
    if name is None or due is None:
        return None
    try:
        return Fired(name, datetime.fromisoformat(due).astimezone(UTC))
    except ValueError:
        return None


def _body(topic: Topic, message: Message) -> Any:
    return msgspec.json.decode(topic.encode(message))


def _named(topic: Topic, message: Message) -> Any:
    """Masked here: a difference of two types has no struct that would say what is personal."""
    return {type(message).__name__: json_as_shown(_body(topic, message), type(message))}


def _not_whole(command: RecordedCommand, why: Undecodable | str) -> Verdict:
    return Verdict(command, "unknown", f"its events are not whole: {why}")


def _of_outcome(then: outcomes.Outcome, now: Decision[Any]) -> list[Difference]:
    """Differences of the refusal that the caller was told. None for a command that was handed on: another domain answers."""
    if not isinstance(then, Reply) or now.handed_on:
        return []
    was = {"code": then.code, "detail": then.detail, "field": then.field}
    why = now.rejection
    refused = {"code": why and why.code, "detail": why and why.detail, "field": why and why.field}
    return differences(was, refused, within="refused")

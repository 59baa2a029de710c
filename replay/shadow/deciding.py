"""What a decider of now makes of commands of then. Pure: all that it needs is in memory, and it writes nothing.

The state before a command is folded from the events before its own; a command without events has the state to which those of
the commands before it have led. Facts are those whose versions were recorded with the decision.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from agents.runtime.deciding import outcomes
from replay.shadow.commands import Asked
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
"""passed: it was not decided, and is not now: too late, sent twice, no command of the domain."""

PREPARED = "it was prepared with secrets that are on no topic"
SECRETS = "its aggregate holds secrets that are on no topic"
CLAIMS = "who owned the unique values that it asked for is not recorded"
NOTHING_SAID = "it has led to no event, and nothing says why: refused long ago, withdrawn, parked, or not decided yet"
TIMER = "whether its timer was still set is not recorded"


_OTHER = "somebody else"
_OWNERS = 3  # of a value, that are tried


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """why: of an unknown one and one that was passed. differences: of a different one, from then to now."""

    asked: Asked
    kind: Kind
    why: str = ""
    differences: Sequence[Difference] = ()


@dataclass(slots=True)
class Recorded:
    """commands: of some keys, each key's in their order. happened: by key, without a gap from version 1 on. broken: why a key's
    events end there. causes: events by command. entered: what the inbox says, as far as it was asked. facts: the events of
    which the copies are made."""

    commands: Sequence[Asked]
    happened: Mapping[str, Sequence[Entry]]
    causes: Mapping[str, Sequence[Entry]]
    copies: Copies
    broken: Mapping[str, str] = field(default_factory=dict[str, str])
    entered: Mapping[tuple[str, str], Entered] = field(default_factory=dict[tuple[str, str], Entered])
    growth: Growth | None = None
    facts: Sequence[Logged] = ()

    def read_by(self, asked: Asked) -> bytes | str | None:
        """Which facts its decision has read, for read_of. None: that is not recorded."""
        events = self.causes.get(asked.id)
        if events:
            return events[0].facts
        entered = self.entered.get(asked.inbox_key)
        return None if entered is None else entered.facts


class _Prepared(Exception):
    """The decision asks for what a preparation has made."""


class _Context(Context, frozen=True):
    """Of a decision that is made again: what was prepared for it is gone."""

    @property
    def prepared(self) -> Any:  # type: ignore[override]
        raise _Prepared


class _Owners(dict[tuple[str, str], str]):
    """Who owns what. asked: whether the decision has looked."""

    asked = False

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked = True
        return super().get(key, default)

    def __getitem__(self, key: tuple[str, str]) -> str:
        self.asked = True
        return super().__getitem__(key)


class _Standing(msgspec.Struct, frozen=True):
    """An aggregate on its way. secret: it was folded from an event whose secret fields are lost. timers: name → id of its
    command; None where that is not known."""

    version: int
    state: Any
    secret: bool
    timers: dict[str, str] | None


Attempt = Decision[Any] | Exception


class Deciding:
    """Give it each command once, those of a key in their order."""

    def __init__(self, domain: Domain, recorded: Recorded) -> None:
        self._domain = domain
        self._decider = domain.decider
        self._claims_nothing = domain.decider.claims_nothing
        self._recorded = recorded
        self._secret = {kind for kind in domain.events.messages if secret_fields(kind)}
        self._first = domain.decider.state()
        self._standing: dict[str, _Standing] = {}
        self._seen: set[tuple[str, str]] = set()
        self._effective: set[tuple[str, str]] = set()
        self._asked_for: dict[tuple[str, str], deque[str]] = {}  # value → the last aggregates that got it, perhaps
        self._no_facts = domain.decider.facts(**{table.name: {} for table in domain.decider.fact_tables})
        self._facts_of: dict[bytes | str, Any] = {}  # what many decisions have read, put together once

    def judge(self, asked: Asked) -> Verdict:
        events = self._recorded.causes.get(asked.id, ())
        passed = self._passed(asked, events)
        if passed is not None:
            return Verdict(asked, "passed", passed)
        self._seen.add(asked.inbox_key)
        if events:
            self._effective.add(asked.inbox_key)
        version = events[0].version - 1 if events else self._version_before(asked)
        known = self._recorded.happened.get(asked.key, ())
        if version > len(known):
            return _not_whole(asked, self._recorded.broken.get(asked.key, ""))
        try:
            standing = self._at(asked.key, known, version)
        except Undecodable as error:
            return _not_whole(asked, error)
        except Exception as error:
            return Verdict(
                asked, "unknown", f"the code of now cannot apply its events: {type(error).__name__}: {error}"
            )
        try:
            return self._decided(asked, events, standing)
        except Undecodable as error:
            return _not_whole(asked, error)

    def _passed(self, asked: Asked, events: Sequence[Entry]) -> str | None:
        """Why it was not decided."""
        if isinstance(asked.message, Redrive):
            return "an order to redrive"
        growth = self._recorded.growth
        if growth is not None and not asked.forwarded:
            there = growth.partitions_at(asked.logged.partition, asked.logged.offset)
            if asked.logged.partition != partition_of(asked.logged.key or b"", there):
                return "sent on to its key's partition"
        if asked.inbox_key in self._seen or not self._effective.isdisjoint(asked.earlier):
            return "sent twice"
        if events:
            return None
        if asked.late:
            return "came after its deadline"
        entered = self._recorded.entered.get(asked.inbox_key)
        if entered is not None and entered.outcome and not outcomes.stands(entered.outcome):
            return "withdrawn, or too late"
        return None

    def _version_before(self, asked: Asked) -> int:
        """Of the state on which a command without events was decided."""
        known = self._recorded.happened.get(asked.key, ())
        standing = self._standing.get(asked.key)
        version = 0 if standing is None else standing.version
        while version < len(known) and known[version].at < asked.at:
            version += 1
        return version

    def _at(self, key: str, known: Sequence[Entry], version: int) -> _Standing:
        now = self._standing.get(key)
        if now is None or now.version > version:
            now = _Standing(0, self._first, False, {} if version == 0 else None)
        if now.version == version:
            return now
        state, secret = now.state, now.secret
        for event in known[now.version : version]:
            message = event.message(self._domain.events)
            state = self._decider.evolve(state, message)
            secret = secret or type(message) in self._secret
        return _Standing(version, state, secret, None)

    def _decided(self, asked: Asked, events: Sequence[Entry], standing: _Standing) -> Verdict:
        fired = _fired(asked)
        if (
            fired is not None
            and standing.timers is not None
            and standing.timers.get(fired.name) != asked.id
            and not events
        ):
            self._standing[asked.key] = standing
            return Verdict(asked, "passed", "a timer that was moved or cancelled")
        try:
            facts = self._facts(asked, standing.state)
        except NotRecorded as error:
            self._move(asked, events, standing, None)
            return Verdict(asked, "unknown", f"facts that were not recorded: {error}")
        found, decision = self._compared(asked, events, standing, facts, fired)
        if found.kind != "same" and standing.secret:
            found = Verdict(asked, "unknown", SECRETS)
        elif found.kind == "different" and not events and asked.inbox_key not in self._recorded.entered:
            found = Verdict(asked, "unknown", NOTHING_SAID)
        elif found.kind == "different" and not events and fired is not None and standing.timers is None:
            found = Verdict(asked, "unknown", TIMER)
        self._move(asked, events, standing, decision if found.kind == "same" else None)
        return found

    def _facts(self, asked: Asked, state: Any) -> Any:
        if not self._decider.fact_tables:
            return self._no_facts
        said = self._recorded.read_by(asked)
        read = None if said is None else read_of(said)
        try:
            needed = list(self._decider.needs(asked.message, state))
        except Exception:
            needed = []  # the decision meets what is wrong, too
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
        self, asked: Asked, events: Sequence[Entry], standing: _Standing, facts: Any, fired: Fired | None
    ) -> tuple[Verdict, Decision[Any] | None]:
        """The verdict, and the decision where it is the same."""
        likely: Verdict | None = None
        owners_matter = False
        for owners in self._assumed(asked, events):
            try:
                attempt = self._attempt(asked, standing.state, facts, fired, owners)
            except (_Prepared, StalePreparation):
                return Verdict(asked, "unknown", PREPARED), None
            differs = self._differences(asked, events, attempt)
            if not differs:
                return Verdict(asked, "same"), attempt if isinstance(attempt, Decision) else None
            found = Verdict(asked, "different", differences=differs)
            if not owners.asked:
                return found, None
            owners_matter = True
            if events and isinstance(attempt, Decision) and attempt.events:
                likely = likely or found
        if likely is not None:
            return likely, None
        return Verdict(asked, "unknown", CLAIMS if owners_matter else NOTHING_SAID), None

    def _assumed(self, asked: Asked, events: Sequence[Entry]) -> Sequence[_Owners]:
        """Who may have owned the values that it asks for. What its events name was free for it; else nobody had them, or one
        who had asked for them before, or somebody else."""
        if self._claims_nothing:
            return (_Owners(),)
        try:
            wanted = list(self._decider.claims(asked.message, asked.key, asked.caller))
        except Exception:
            wanted = []  # the decision meets what is wrong, too
        bodies = [event.logged.body or b"" for event in events]
        named = {claim for claim in wanted if any(f'"{claim[1]}"'.encode() in body for body in bodies)}
        found = list[_Owners]()
        if len(wanted) > 1 and named:
            found.append(_Owners({claim: asked.key if claim in named else _OTHER for claim in wanted}))
        others = (*self._asked_for.get(wanted[0], ()), _OTHER) if wanted else ()
        return [*found, *(_Owners(dict.fromkeys(wanted, owner)) for owner in (asked.key, *others))]

    def _attempt(self, asked: Asked, state: Any, facts: Any, fired: Fired | None, owners: _Owners) -> Attempt:
        now = asked.at if fired is None else max(asked.at, fired.due)
        context = _Context(
            command_id=asked.id, aggregate_id=asked.key, now=now, caller=asked.caller,
            correlation_id=asked.correlation or asked.id, claims=owners, fired=fired,
        )  # fmt: skip
        try:
            return self._decider.decide(asked.message, state, facts, context)
        except (_Prepared, StalePreparation):
            raise
        except Exception as error:
            return error

    def _differences(self, asked: Asked, events: Sequence[Entry], attempt: Attempt) -> list[Difference]:
        if not isinstance(attempt, Decision):
            raised = f"raises {type(attempt).__name__}: {attempt}"
            return [Difference(("decision",), [event.kind for event in events], raised)]
        found = list[Difference]()
        if not self._are_same(events, attempt.events):
            for place, (event, message) in enumerate(zip_longest(events, attempt.events), 1):
                found += self._of_event(place, event, message)
        entered = self._recorded.entered.get(asked.inbox_key)
        if entered is not None and entered.outcome and asked.asks:
            found += _of_outcome(outcomes.read(entered.outcome), attempt)
        return found

    def _are_same(self, events: Sequence[Entry], now: Sequence[Message]) -> bool:
        """Byte for byte. Most are, and need not be taken apart."""
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
            # as the code of now writes both: it may know more fields than that of then
            where = f"event {place} {type(now).__name__}"
            return differences(_body(topic, then), _body(topic, now), type(now), where)
        before, after = (ABSENT if m is None else _named(topic, m) for m in (then, now))
        return [Difference((f"event {place}",), before, after)]

    def _move(self, asked: Asked, events: Sequence[Entry], standing: _Standing, decision: Decision[Any] | None) -> None:
        """The aggregate goes on: by the same decision, whose events have their secrets, else by the events of then."""
        if decision is None:
            known = self._recorded.happened.get(asked.key, ())
            version = min(standing.version + len(events), len(known))
            self._standing[asked.key] = standing
            if events:
                self._standing[asked.key] = self._at(asked.key, known, version)
            return
        state = standing.state
        for message in decision.events:
            state = self._decider.evolve(state, message)
        timers = standing.timers
        if timers is not None and (decision.cancels or decision.timers or asked.timer is not None):
            gone = {*decision.cancels, asked.timer}
            timers = {name: id for name, id in timers.items() if name not in gone}
            timers |= {t.name: derive(asked.id, f"timer {t.name} {asked.source}") for t in decision.timers}
        if decision.rejection is None and decision.events and not self._claims_nothing:
            for claim in self._decider.claims(asked.message, asked.key, asked.caller):
                self._asked_for.setdefault(claim, deque(maxlen=_OWNERS)).append(asked.key)
        self._standing[asked.key] = _Standing(standing.version + len(decision.events), state, standing.secret, timers)


def _fired(asked: Asked) -> Fired | None:
    name, due = asked.timer, asked.due
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


def _not_whole(asked: Asked, why: Undecodable | str) -> Verdict:
    return Verdict(asked, "unknown", f"its events are not whole: {why}")


def _of_outcome(then: outcomes.Outcome, now: Decision[Any]) -> list[Difference]:
    """What the caller was told. Sealed answers cannot be compared, and who hands a command on leaves the answer to others."""
    if not isinstance(then, Reply) or now.handed_on:
        return []
    was = {"code": then.code, "detail": then.detail, "field": then.field}
    why = now.rejection
    refused = {"code": why and why.code, "detail": why and why.detail, "field": why and why.field}
    return differences(was, refused, within="refused")

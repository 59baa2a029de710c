"""A small domain for tests of the runtime: sums by key. 13 breaks the decider, a note may claim a name."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from topics.deciding.decision import (
    Context,
    Decider,
    Decision,
    Send,
    StalePreparation,
    Timer,
    accept,
    hand_on,
    reject,
)
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic

BAD_LUCK = 13


class Later(msgspec.Struct, frozen=True):
    """A timer that an Add sets. amount: of the Add that it sends. seconds: from now."""

    name: str
    amount: int
    seconds: float = 0
    again: float | None = None  # seconds from its time until it is due once more


class Add(Message, frozen=True):
    """name: claimed for the key. note: goes into the state. prepared: the preparation must have seen the total as
    it is. handed_on: whoever gets the command that follows answers. releases: a name of the key that others may have.
    sets, cancels: timers of the key. due: when its own timer was to fire, if one sends it. again: when that fires once more."""

    amount: int
    name: str | None = None
    note: str = ""
    prepared: bool = False
    handed_on: bool = False
    releases: str | None = None
    sets: tuple[Later, ...] = ()
    cancels: tuple[str, ...] = ()
    due: str | None = None
    again: float | None = None


class Added(Message, frozen=True):
    """waiting: name → time of the timers that the key has from here on."""

    amount: int
    total: int
    note: str = ""
    waiting: Mapping[str, str] = {}


class Tally(msgspec.Struct, frozen=True):
    total: int = 0
    note: str = ""
    waiting: Mapping[str, str] = {}


class NotAsSet(Exception):
    """A timer has fired that the key does not have."""


def decide(command: Add, tally: Tally, facts: None, context: Context) -> Decision[Added]:
    if command.amount == BAD_LUCK:
        raise RuntimeError("13 brings bad luck")
    if command.prepared and context.prepared != tally.total:
        raise StalePreparation
    if command.amount < 0:
        return reject("negative", "only more", field="amount")
    if command.name is not None and context.claims[("name", command.name)] != context.aggregate_id:
        return reject("name_taken", "somebody has this name")
    total = tally.total + command.amount
    timers, waiting = timers_of(command, tally, context)
    added = Added(amount=command.amount, total=total, note=command.note, waiting=waiting)
    if timers or command.cancels:
        return accept(added, answer={"total": total}, timers=timers, cancels=command.cancels)
    if command.releases is not None:
        return Decision(events=(added,), releases=(("name", command.releases),))
    return hand_on(added) if command.handed_on else accept(added, answer={"total": total})


def timers_of(command: Add, tally: Tally, context: Context) -> tuple[tuple[Timer, ...], Mapping[str, str]]:
    """Those to set, and name → time of all afterwards."""
    waiting, fired = dict(tally.waiting), context.fired
    timers = [timer(later, context.now) for later in command.sets]
    if command.due != (None if fired is None else fired.due.isoformat()):
        raise NotAsSet(f"{command.due} is not {fired}")
    if fired is not None:
        if waiting.pop(fired.name, None) != command.due or context.now < fired.due:
            raise NotAsSet(f"{fired}, set are {tally.waiting}")
        if command.again is not None:
            timers.append(timer(Later(fired.name, command.amount, command.again), fired.due))
    for name in command.cancels:
        waiting.pop(name, None)
    return tuple(timers), waiting | {timer.name: timer.at.isoformat() for timer in timers}


def timer(later: Later, now: datetime) -> Timer:
    at = now + timedelta(seconds=later.seconds)
    return Timer(later.name, at, Add(amount=later.amount, again=later.again, due=at.isoformat()))


def evolve(tally: Tally, event: Added) -> Tally:
    return Tally(event.total, event.note, event.waiting)


def claims(command: Add, aggregate_id: str, caller: str | None) -> list[tuple[str, str]]:
    return [] if command.name is None else [("name", command.name)]


class Told(Message, frozen=True):
    total: int


def react_with(topic: Topic, *, answers: bool = False):
    def react(event: Added, meta: EventMeta, tally: Tally) -> list[Send]:
        return [Send(topic, meta.aggregate_id, Told(total=event.total), answers=answers)]

    return react


DECIDER = Decider[Add, Added, Tally, None](state=Tally, decide=decide, evolve=evolve, claims=claims)


def topics_of(run: str) -> tuple[Topic, Topic]:
    """Commands and events of one test."""
    commands = Topic(
        name=f"{run}_commands", messages=(Add,), key="tally", producers=("tests",), consumers=("tests",),
        append_time=True, partitions=1,
    )  # fmt: skip
    events = Topic(
        name=f"{run}_events", messages=(Added,), key="tally", producers=("tests",), consumers=("tests",), partitions=1
    )
    return commands, events

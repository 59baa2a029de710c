"""A small domain for tests of the runtime: sums by key. 13 breaks the decider, a note may claim a name."""

import msgspec

from topics.deciding.decision import Context, Decider, Decision, Send, StalePreparation, accept, hand_on, reject
from topics.messages.event import EventMeta
from topics.messages.message import Message
from topics.messages.topic import Topic

BAD_LUCK = 13


class Add(Message, frozen=True):
    """name: claimed for the key. note: goes into the state. prepared: the preparation must have seen the total as
    it is. handed_on: whoever gets the command that follows answers. releases: a name of the key that others may have."""

    amount: int
    name: str | None = None
    note: str = ""
    prepared: bool = False
    handed_on: bool = False
    releases: str | None = None


class Added(Message, frozen=True):
    amount: int
    total: int
    note: str = ""


class Tally(msgspec.Struct, frozen=True):
    total: int = 0
    note: str = ""


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
    added = Added(amount=command.amount, total=total, note=command.note)
    if command.releases is not None:
        return Decision(events=(added,), releases=(("name", command.releases),))
    return hand_on(added) if command.handed_on else accept(added, answer={"total": total})


def evolve(tally: Tally, event: Added) -> Tally:
    return Tally(event.total, event.note)


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

"""A domain of the tests' own, whose decider breaks over the number 13: for keys that park."""

import msgspec

from topics.decision import Context, Decider, Decision, accept
from topics.message import Message
from topics.registry import Topic


class Add(Message, frozen=True, kw_only=True):
    amount: int


class Added(Message, frozen=True, kw_only=True):
    amount: int


class Tally(msgspec.Struct, frozen=True):
    amounts: tuple[int, ...] = ()


def decide(command: Add, tally: Tally, facts: None, context: Context) -> Decision[Added]:
    if command.amount == 13:
        raise RuntimeError("13 brings bad luck")
    return accept(Added(amount=command.amount))


def evolve(tally: Tally, event: Added) -> Tally:
    return Tally((*tally.amounts, event.amount))


COMMANDS = Topic(
    name="tally_commands", messages=(Add,), key="tally", producers=("tests",), consumers=("tally",), append_time=True
)
EVENTS = Topic(name="tally_events", messages=(Added,), key="tally", producers=("tally",), consumers=("tests",))
DECIDER = Decider[Add, Added, Tally, None](state=Tally, decide=decide, evolve=evolve)

"""A domain of the tests' own, whose decider breaks over the number 13: for keys that park. `python -m` runs it."""

import asyncio
import os

import msgspec

from agents.runtime.process import Process
from agents.runtime.runtime import Resources, Runtime
from stores import telemetry
from stores.postgres.store import PostgresStore, connect
from stores.settings import Settings, load
from topics.deciding.decision import Context, Decider, Decision, accept
from topics.messages.message import Message
from topics.messages.topic import Topic


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


async def run(settings: Settings) -> None:
    telemetry.configure("tally", settings.log_level)
    pool = await connect(settings.postgres, "tally")
    runtime = Runtime("tally", PostgresStore(pool, "tally"), Resources.of(settings))
    runtime.decide(COMMANDS, DECIDER, emits=EVENTS)
    process = Process(runtime.groups())
    process.listen()
    code = await process.run()
    os._exit(code)  # Faust's threads may outlive the groups


if __name__ == "__main__":
    asyncio.run(run(load()))

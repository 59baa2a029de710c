"""A tiny domain for the tests: counters to which amounts are added, each step an event, gapless or wrong at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from agents.runtime.ledger import Roles
from topics.decision import Context, Decider, Decision, StalePreparation, accept, reject
from topics.message import Message
from topics.registry import FOREVER, Topic

BAD_LUCK = 13  # the decider raises on it
NUL_NAME = "~"  # becomes a NUL character in a claim, which PostgreSQL refuses as data
RAISING_NAME = "!"  # the function that names the claims raises on it


class Add(Message, frozen=True):
    """0 is refused. name: a claim."""

    amount: int
    name: str | None = None
    note: str = ""


class Double(Message, frozen=True):
    """Needs a preparation that has seen the current total."""


class AddPrice(Message, frozen=True):
    """Adds what the fact says; refused where there is none."""

    of: str


class Added(Message, frozen=True):
    amount: int
    total: int
    name: str | None = None
    note: str = ""


class Counter(msgspec.Struct, frozen=True):
    total: int = 0
    name: str | None = None


class Price(msgspec.Struct, frozen=True):
    cents: int


class Facts:
    def __init__(self, prices: Mapping[str, Price]) -> None:
        self.prices = prices


Command = Add | Double | AddPrice


def decide(command: Command, counter: Counter, facts: Facts, context: Context) -> Decision[Added]:
    match command:
        case Add(amount=13):
            raise ValueError("13 brings bad luck")
        case Add(name=str() as name) if context.claims.get(("name", name)) != context.aggregate_id:
            return reject("name_taken", f"{name} is another counter's")
        case Add(amount=0):
            return reject("nothing_to_add", "0 changes nothing")
        case Add(amount=amount, name=name, note=note):
            return _added(counter, amount, name, note)
        case Double():
            if context.prepared != counter.total:
                raise StalePreparation
            return _added(counter, counter.total)
        case AddPrice(of=of):
            price = facts.prices.get(of)
            return reject("no_price", f"{of} has no price") if price is None else _added(counter, price.cents)


def _added(counter: Counter, amount: int, name: str | None = None, note: str = "") -> Decision[Added]:
    total = counter.total + amount
    return accept(Added(amount=amount, total=total, name=name, note=note), answer={"total": total})


def evolve(counter: Counter, event: Added) -> Counter:
    return Counter(event.total, event.name or counter.name)


def needs(command: Command, counter: Counter) -> Iterable[tuple[str, str]]:
    return (("prices", command.of),) if isinstance(command, AddPrice) else ()


def claims(command: Command, key: str) -> Iterable[tuple[str, str]]:
    name = command.name if isinstance(command, Add) else None
    if name == RAISING_NAME:
        raise ValueError("no such name")
    return () if name is None else (("name", name.replace(NUL_NAME, "\0")),)


DECIDER = Decider[Command, Added, Counter, Facts](
    state=Counter, decide=decide, evolve=evolve, facts=Facts, fact_types={"prices": Price}, needs=needs, claims=claims
)


class SeenTotal:
    """A preparation that looks at the state, as a password check does."""

    def __init__(self) -> None:
        self.calls = 0

    async def prepare(
        self, command: Any, aggregate_id: str, state: Any, headers: Mapping[str, str], now: datetime, command_id: str
    ) -> Any:
        self.calls += 1
        return state.total


def roles(domain: str, partitions: int = 1) -> Roles:
    """The contracts of one test's own domain."""
    commands = Topic(
        name=f"{domain}_commands", messages=(Add, Double, AddPrice), key="counter", producers=("edge",),
        consumers=(domain,), append_time=True, partitions=partitions, retention=timedelta(days=1),
    )  # fmt: skip
    events = Topic(
        name=f"{domain}_events", messages=(Added,), key="counter", producers=(domain,), consumers=(domain,),
        retention=FOREVER, partitions=partitions,
    )  # fmt: skip
    return Roles(commands, events, DECIDER)

"""The domain of the runtime bench: counters that are added to. As small as a domain can be, so that the runtime shows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from topics.deciding.decision import Context, Decider, Decision, accept
from topics.messages import headers, ids
from topics.messages.message import Message
from topics.messages.topic import Topic

KEYS = 2_000
_NOTE = "n" * 170  # makes a command's body 195 bytes


class Add(Message, frozen=True):
    amount: int
    note: str = ""


class Added(Message, frozen=True):
    amount: int
    note: str = ""


class Counter(msgspec.Struct, frozen=True):
    total: int = 0
    times: int = 0


def decide(command: Add, counter: Counter, facts: None, context: Context) -> Decision[Added]:
    return accept(Added(amount=command.amount, note=command.note))


def evolve(counter: Counter, event: Added) -> Counter:
    return Counter(counter.total + event.amount, counter.times + 1)


DECIDER: Decider[Any, Any, Any, Any] = Decider(state=Counter, decide=decide, evolve=evolve)
EVENTS = Topic(name="bench_events", messages=(Added,), key="counter id", producers=("bench",), consumers=())


def commands(name: str) -> Topic:
    """A topic of commands: the slow side gets a shorter one."""
    return Topic(
        name=name, messages=(Add,), key="counter id", producers=("edge",), consumers=("bench",), append_time=True
    )


class Prepared(NamedTuple):
    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


def prepared(count: int) -> Iterator[Prepared]:
    """Commands as another domain would send them, spread evenly over the counters."""
    time = datetime.now(UTC).isoformat().encode()
    for number in range(count):
        key = ids.derive(str(number % KEYS), "counter")
        id = ids.fresh().encode()
        named = [
            ("ce_specversion", b"1.0"),
            (headers.ID, id),
            (headers.TYPE, b"Add"),
            (headers.SOURCE, b"lezzet/edge"),
            (headers.TIME, time),
            (headers.SUBJECT, key.encode()),
            (headers.CORRELATION, id),
            (headers.TRACEPARENT, b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ]
        yield Prepared(key.encode(), named, msgspec.json.encode(Add(amount=number % 10, note=_NOTE)))

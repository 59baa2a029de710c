"""Decode, decide and encode, written straight down: what the two plain sides do between their statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from infra.bench.runtime.counter import DECIDER, EVENTS, Add, Counter
from stores.protocol import InboxKey, Source
from topics.deciding.decision import Context
from topics.messages import headers, ids

_command = msgspec.json.Decoder(Add)


class Command(NamedTuple):
    id: str
    source: str
    key: str
    at: datetime
    headers: dict[str, str]
    message: Add


class Event(NamedTuple):
    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


RowIds = Sequence[tuple[int, int, int]]
States = dict[str, tuple[int, int, Counter]]


@dataclass
class Looked:
    """known: ids that are in the inbox. The rest as in Work."""

    known: set[InboxKey] = field(default_factory=set[InboxKey])
    states: States = field(default_factory=States)
    floor: tuple[int, int, int] = (0, 0, 0)


@dataclass
class Work:
    """What a batch writes. states: id → (version before, version, state). floor: next, incarnation, epoch at the look."""

    inbox: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    states: States = field(default_factory=States)
    events: list[Event] = field(default_factory=list[Event])
    floor: tuple[int, int, int] = (0, 0, 0)

    def ids(self, after: int) -> RowIds:
        """Of the outbox rows."""
        return [(0, after, n) for n in range(len(self.events))]


class Straight:
    events = EVENTS.name

    def __init__(self, group: str, topic: str) -> None:
        self._group = group
        self._topic = topic

    def source(self, partition: int) -> Source:
        return Source(self._group, self._topic, partition)

    def read(self, named: Iterable[tuple[str, bytes]], key: bytes, body: bytes, timestamp: int) -> Command:
        found = {name: value.decode() for name, value in named}
        at = datetime.fromtimestamp(timestamp / 1000, UTC)
        return Command(found[headers.ID], found[headers.SOURCE], key.decode(), at, found, _command.decode(body))

    def decide(self, commands: Sequence[Command], looked: Looked) -> Work:
        """What the inbox knows is skipped."""
        work, known = Work(states=looked.states, floor=looked.floor), looked.known
        for command in commands:
            if (command.source, command.id) not in known:
                known.add((command.source, command.id))
                work.inbox.append((command.source, command.id))
                self._decide(command, work)
        return work

    def _decide(self, command: Command, work: Work) -> None:
        old, version, state = work.states.get(command.key, (0, 0, Counter()))
        context = Context(command.id, command.key, command.at, None, command.headers[headers.CORRELATION])
        for number, event in enumerate(DECIDER.decide(command.message, state, None, context).events, 1):
            version, state = version + 1, DECIDER.evolve(state, event)
            named = [
                ("ce_specversion", b"1.0"),
                (headers.TYPE, type(event).__name__.encode()),
                (headers.SOURCE, b"lezzet/bench"),
                (headers.TIME, command.at.isoformat().encode()),
                (headers.CORRELATION, command.headers[headers.CORRELATION].encode()),
                (headers.CAUSATION, command.id.encode()),
                (headers.TRACEPARENT, command.headers[headers.TRACEPARENT].encode()),
                (headers.ID, ids.derive(command.id, f"event {number}").encode()),
                (headers.SUBJECT, command.key.encode()),
                (headers.SEQUENCE, b"%d" % version),
            ]
            work.events.append(Event(command.key.encode(), named, EVENTS.encode(event)))
        work.states[command.key] = (old, version, state)

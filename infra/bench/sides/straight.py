"""Decode, decide and encode, written straight down: what the two plain sides do between their statements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from agents.runtime.sending.publisher import encode_headers
from infra.bench.counter import DECIDER, EVENTS, Add, Counter
from stores.postgres import writing
from stores.protocol import LOOK_BYTES
from topics.deciding.decision import Context
from topics.messages import headers, ids

_state = msgspec.json.Decoder(Counter)
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


@dataclass
class Work:
    """What a batch writes. states: id → (version before, version, state). floor: next, incarnation, epoch at the look."""

    inbox: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    states: dict[str, tuple[int, int, Counter]] = field(default_factory=dict[str, tuple[int, int, Counter]])
    events: list[Event] = field(default_factory=list[Event])
    floor: tuple[int, int, int] = (0, 0, 0)

    def write(
        self, source: tuple[str, str, int], after: int, sent: Sequence[tuple[int, int, int]]
    ) -> tuple[str, list[Sequence[Any]]]:
        """The write statement and its arguments."""
        encoded = [(id, old, new, msgspec.json.encode(state).decode()) for id, (old, new, state) in self.states.items()]
        rows = [
            (*source, *id, "kafka", EVENTS.name, event.key, encode_headers(event.headers), event.body)
            for id, event in zip(self.ids(after), self.events, strict=True)
        ]
        return writing.assembled(
            {
                "sources": writing.transposed([(*source, *self.floor, after)], 7),
                "inbox": writing.transposed(((*key, None, None) for key in self.inbox), 4),
                "states": writing.transposed(encoded, 4),
                "gone": writing.transposed(((*source, *id) for id in sent), 6),
                "outbox": writing.transposed(rows, 11),
            }
        )

    def ids(self, after: int) -> list[tuple[int, int, int]]:
        """Of the outbox rows."""
        return [(0, after, n) for n in range(len(self.events))]


class Straight:
    events = EVENTS.name

    def __init__(self, group: str, topic: str) -> None:
        self._group = group
        self._topic = topic

    def source(self, partition: int) -> tuple[str, str, int]:
        return self._group, self._topic, partition

    def read(self, named: Iterable[tuple[str, bytes]], key: bytes, body: bytes, timestamp: int) -> Command:
        found = {name: value.decode() for name, value in named}
        at = datetime.fromtimestamp(timestamp / 1000, UTC)
        return Command(found[headers.ID], found[headers.SOURCE], key.decode(), at, found, _command.decode(body))

    def wanted(self, commands: Sequence[Command], source: tuple[str, str, int]) -> tuple[object, ...]:
        """The arguments of the look. Counters need no facts and no claims."""
        ids, names = [c.source for c in commands], [c.id for c in commands]
        none = list[str]()
        return *source[:2], [source[2]], ids, names, list({c.key for c in commands}), none, none, none, none, LOOK_BYTES

    def decide(self, commands: Sequence[Command], rows: Iterable[Any]) -> Work:
        """rows: of the look. What the inbox knows is skipped."""
        work = Work()
        known: set[tuple[str, str]] = set()
        for what, a, b, version, body in rows:
            if what == "k":
                known.add((a, b))
            elif what == "r":
                work.floor = int(body), int(a), int(b)
            else:
                work.states[a] = (version, version, _state.decode(body))
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

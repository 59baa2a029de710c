"""Decode, decide and encode, written straight down: what the two plain sides do between their statements."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from agents.runtime.publisher import encode_headers
from infra.bench.counter import DECIDER, EVENTS, Add, Counter
from topics import headers, ids
from topics.decision import Context

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


class Work(NamedTuple):
    """What a batch writes. states: id → (version before, version, state)."""

    inbox: list[tuple[str, str]]
    states: dict[str, tuple[int, int, Counter]]
    events: list[Event]

    def columns(self, sent: Sequence[int]) -> list[object]:
        """The arguments of the commit statement from the inbox on."""
        return [
            [source for source, _ in self.inbox],
            [id for _, id in self.inbox],
            [None] * len(self.inbox),
            list(self.states),
            [old for old, _, _ in self.states.values()],
            [version for _, version, _ in self.states.values()],
            [msgspec.json.encode(state).decode() for _, _, state in self.states.values()],
            sent,
            ["kafka"] * len(self.events),
            [EVENTS.name] * len(self.events),
            [event.key for event in self.events],
            [encode_headers(event.headers) for event in self.events],
            [event.body for event in self.events],
        ]


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
        """The arguments of the read statement. Counters need no facts."""
        ids, names = [c.source for c in commands], [c.id for c in commands]
        return ids, names, list({c.key for c in commands}), source[0], source[1], list[str](), list[str]()

    def decide(self, commands: Sequence[Command], rows: Iterable[Any]) -> Work:
        """rows: of the read statement. What the inbox knows is skipped."""
        work = Work([], {}, [])
        known: set[tuple[str, str]] = set()
        for what, a, b, version, body in rows:
            if what == "k":
                known.add((a, b))
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

"""A log in memory, as the runtime writes it: each command is decided by the domain's own functions, and what follows is put
where Kafka would have it. For tests of what reads logs; no server is asked."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from aiokafka import ConsumerRecord

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding import consequences, outcomes
from agents.runtime.deciding.consequences import Roles
from agents.runtime.sending import letters
from replay.shadow.domains import Domain
from replay.shadow.reading import Reading
from stores.engineering import Entered
from stores.kafka.log import Bounds, Logged, Place
from stores.kafka.partitioning import partition_of
from topics.deciding.decision import Context, Fired
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.topic import PARTITIONS, Topic

BEGAN = datetime(2026, 3, 1, 18, tzinfo=UTC)


class Tape:
    """The log: give it commands. `topics`, `places`, `bounds`, `since` and `read` are as those of a LogReader."""

    def __init__(self) -> None:
        self.records: dict[Place, list[Logged]] = defaultdict(list)
        self.entered: dict[str, dict[tuple[str, str], Entered]] = defaultdict(dict)
        self.now = BEGAN
        self._states: dict[tuple[str, str], tuple[int, Any]] = {}
        self._copies: dict[tuple[str, str], tuple[int, Any]] = {}
        self._commands = 0

    # -- writing

    def command(
        self, domain: Domain, key: str, message: Message, *, prepared: Any = None, id: str = "", **named: str
    ) -> str:
        """Decided as the agents do. named: of the headers' constants. Returns its id."""
        self.now += timedelta(seconds=1)
        self._commands += 1
        id = id or f"command-{self._commands}"
        said = {
            headers.ID: id, headers.SOURCE: "lezzet/edge", headers.OPERATION: id,
            **headers.of_type(type(message)), **{getattr(headers, name): value for name, value in named.items()},
        }  # fmt: skip
        raw = tuple((name, value.encode()) for name, value in said.items())
        record = self._append(domain.commands, key, raw, domain.commands.encode(message))
        arrival = arrivals.read(domain.commands, 0, _record(record), keyed=True)
        arrival.prepared = prepared
        self._decide(domain, key, arrival)
        return id

    def event(self, topic: Topic, key: str, message: Message, tables: Sequence[Any] = ()) -> None:
        """Of a domain that is not decided here."""
        self.now += timedelta(seconds=1)
        version = self._states.get((topic.name, key), (0, None))[0] + 1
        self._states[topic.name, key] = version, None
        raw = (
            *((name, value.encode()) for name, value in headers.of_type(type(message)).items()),
            (headers.ID, f"{key}-{version}".encode()), (headers.SUBJECT, key.encode()),
            (headers.SEQUENCE, str(version).encode()), (headers.TIME, self.now.isoformat().encode()),
            (headers.CAUSATION, b"elsewhere"), (headers.SOURCE, b"lezzet/elsewhere"),
        )  # fmt: skip
        self._append(topic, key, raw, topic.encode(message))

    def _append(self, topic: Topic, key: str, raw: tuple[tuple[str, bytes], ...], body: bytes | None) -> Logged:
        place = Place(topic.name, partition_of(key.encode(), PARTITIONS))
        found = self.records[place]
        record = Logged(topic.name, place.partition, len(found), self.now, key.encode(), raw, body)
        found.append(record)
        return record

    def _decide(self, domain: Domain, key: str, arrival: Arrival) -> None:
        decider = domain.decider
        version, state = self._states.get((domain.events.name, key)) or (0, decider.state())
        read = self._facts(domain, arrival, state)
        maps = {name: {k: d for k, (_, d) in found.items() if d is not None} for name, found in read.items()}
        facts = decider.facts(**{table.name: maps.get(table.name, {}) for table in decider.fact_tables})
        fired = None
        if headers.TIMER in arrival.headers:
            fired = Fired(arrival.headers[headers.TIMER], datetime.fromisoformat(arrival.headers[headers.DUE]))
        claims = dict.fromkeys(decider.claims(arrival.message, key, arrival.headers.get(headers.CALLER)), key)
        context = Context(
            command_id=arrival.id, aggregate_id=key, now=arrival.at, caller=arrival.headers.get(headers.CALLER),
            correlation_id=letters.correlation_of(arrival), claims=claims, prepared=arrival.prepared, fired=fired,
        )  # fmt: skip
        decision = decider.decide(arrival.message, state, facts, context)
        said = {name: {k: v for k, (v, _) in found.items()} for name, found in read.items()}
        header = msgspec.json.encode(said).decode() if said else None
        roles = Roles(domain.commands, domain.events, decider, domain.react)
        made = consequences.of(roles, arrival, decision, key, version, state, header)
        self._states[domain.events.name, key] = made.version, made.state
        for row in made.rows:
            if row.target == domain.events.name:
                self._append(domain.events, key, tuple(row.named or ()), row.body)
        answer = letters.outcome(arrival, decision, made.wrote)
        told = outcomes.remembered(answer, made.handed_on if decision.handed_on else ())
        self.entered[domain.name][arrival.inbox_key] = Entered(told, None if decision.events else header)

    def _facts(self, domain: Domain, arrival: Arrival, state: Any) -> dict[str, dict[str, tuple[int, Any]]]:
        found: dict[str, dict[str, tuple[int, Any]]] = {}
        tables = {table.name: table for table in domain.decider.fact_tables}
        for name, key in domain.decider.needs(arrival.message, state):
            found.setdefault(name, {})[key] = self._copy(tables[name], key)
        return found

    def _copy(self, table: Any, key: str) -> tuple[int, Any]:
        from replay.shadow import events

        version, document = 0, None
        for record in self.records[Place(table.topic.name, partition_of(key.encode(), PARTITIONS))]:
            if record.key == key.encode():
                event = events.read(table.topic, record)
                version, document = event.meta.version, table.show(document, event.message, event.meta).document
        return version, document

    # -- reading, as a LogReader

    @property
    def topics(self) -> Mapping[str, int]:
        return {place.topic: PARTITIONS for place in self.records}

    def places(self, topics: Sequence[str]) -> list[Place]:
        return [Place(topic, number) for topic in topics for number in range(self.topics.get(topic, 0))]

    async def bounds(self, places: Sequence[Place]) -> dict[Place, Bounds]:
        return {place: Bounds(0, len(self.records[place])) for place in places}

    async def since(self, places: Sequence[Place], at: datetime) -> dict[Place, int]:
        later = {place: [each.offset for each in self.records[place] if each.at >= at] for place in places}
        return {place: found[0] for place, found in later.items() if found}

    async def read(
        self, starts: Mapping[Place, int], ends: Mapping[Place, int], keys: frozenset[bytes] | None = None
    ) -> AsyncGenerator[list[Logged]]:
        for place, start in starts.items():
            found = self.records[place][start : ends[place]]
            yield [each for each in found if keys is None or each.key in keys]

    # -- the inbox, as stores.engineering.Domains has it

    def stores(self) -> Any:
        tape = self

        class Stores:
            async def entered(self, domain: str, messages: Sequence[tuple[str, str]]) -> Any:
                known = tape.entered[domain]
                return {message: known[message] for message in messages if message in known}

        return Stores()

    def reading(self, domain: Domain, *, ask_inbox: bool = True) -> Reading:
        log: Any = self
        return Reading(log, domain, {}, self.stores() if ask_inbox else None)


def _record(logged: Logged) -> ConsumerRecord[bytes, bytes]:
    milliseconds = int(logged.at.timestamp() * 1000)
    return ConsumerRecord(
        logged.topic, logged.partition, logged.offset, milliseconds, 0, logged.key, logged.body, None, 0, 0,
        list(logged.headers),
    )  # fmt: skip

"""A log in memory, as the runtime writes it: each command is decided by the domain's own functions, and what follows is put
where Kafka would have it. For tests of what reads logs; no server is asked."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agents.reread import record_of
from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.deciding import consequences, outcomes
from agents.runtime.deciding.consequences import Roles
from agents.runtime.sending import letters
from replay.shadow import events
from replay.shadow.domains import Domain
from replay.shadow.memory import MemoryInbox, MemoryLog
from replay.shadow.reading import Reading
from stores.engineering import Entered
from stores.kafka.log import Logged
from topics.deciding.decision import Context, Fired
from topics.messages import headers
from topics.messages.message import Message
from topics.messages.topic import Topic

BEGAN = datetime(2026, 3, 1, 18, tzinfo=UTC)


class Tape:
    """log: what was written so far. entered: by domain, what its inbox says."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.entered: dict[str, dict[tuple[str, str], Entered]] = defaultdict(dict)
        self.now = BEGAN
        self._states: dict[tuple[str, str], tuple[int, Any]] = {}
        self._commands = 0

    # -- writing

    def command(
        self,
        domain: Domain,
        key: str,
        message: Message,
        *,
        prepared: Any = None,
        id: str = "",
        taken: int = 0,
        **named: str,
    ) -> str:
        """Decided as the agents do. named: of the headers' constants. taken: so many of the values that it asks for, the first
        ones, belong to others. Returns its id."""
        record = self.undecided(domain, key, message, id=id, **named)
        arrival = arrivals.read(domain.commands, 0, record_of(record), keyed=True)
        arrival.prepared = prepared
        self._decide(domain, key, arrival, taken)
        return arrival.id

    def undecided(self, domain: Domain, key: str, message: Message, *, id: str = "", **named: str) -> Logged:
        """A command that stands in the log, and of which nothing has become."""
        self.now += timedelta(seconds=1)
        self._commands += 1
        id = id or f"command-{self._commands}"
        said = {
            headers.ID: id, headers.SOURCE: "lezzet/edge", headers.OPERATION: id,
            **headers.of_type(type(message)), **{getattr(headers, name): value for name, value in named.items()},
        }  # fmt: skip
        raw = tuple((name, value.encode()) for name, value in said.items())
        return self._append(domain.commands, key, raw, domain.commands.encode(message))

    def event(self, topic: Topic, key: str, message: Message) -> None:
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
        return self.log.append(Logged(topic.name, 0, 0, self.now, key.encode(), raw, body))

    def _decide(self, domain: Domain, key: str, arrival: Arrival, taken: int) -> None:
        decider = domain.decider
        version, state = self._states.get((domain.events.name, key)) or (0, decider.state())
        read = self._facts(domain, arrival, state)
        maps = {name: {k: d for k, (_, d) in found.items() if d is not None} for name, found in read.items()}
        facts = decider.facts(**{table.name: maps.get(table.name, {}) for table in decider.fact_tables})
        fired = None
        if headers.TIMER in arrival.headers:
            fired = Fired(arrival.headers[headers.TIMER], datetime.fromisoformat(arrival.headers[headers.DUE]))
        wanted = decider.claims(arrival.message, key, arrival.headers.get(headers.CALLER))
        claims = {claim: key if place >= taken else "other" for place, claim in enumerate(wanted)}
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
        version, document = 0, None
        for record in self.log.of_key(table.topic.name, key):
            event = events.read(table.topic, record)
            version, document = event.meta.version, table.show(document, event.message, event.meta).document
        return version, document

    # -- reading

    def reading(self, domain: Domain, *, ask_inbox: bool = True) -> Reading:
        return Reading(self.log, domain, {}, MemoryInbox(self.entered) if ask_inbox else None)

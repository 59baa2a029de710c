"""The aggregates and facts of a round: as the store gave them, and then as each decided message has left them."""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from agents.runtime.arrivals import Arrival
from stores.protocol import Fact, FactKey, StateWrite, Stored
from topics.deciding.decision import Decider
from topics.messages import unknown_fields
from topics.messages.message import Message
from topics.messages.reply import Wrote

_encode = msgspec.json.encode


class Encoded(NamedTuple):
    """A state as JSON, in the form that this code writes. body: with the fields that only newer code knows. known: without
    them."""

    body: str
    known: str


class WorkingSet:
    """writes: for each aggregate that has changed its state, from its version before the round to its version now."""

    def __init__(self, decider: Decider[Any, Any, Any, Any], stored: Mapping[str, Stored]) -> None:
        self._decider = decider
        self._stored = stored
        self._form = decider.form
        self._fact_forms = {table.name: table.form for table in decider.fact_tables}
        self._fact_maps: dict[str, dict[str, Any]] = {table.name: {} for table in decider.fact_tables}
        self._fact_versions: dict[FactKey, int] = {}
        self._domains = {table.name: table.topic.domain for table in decider.fact_tables}
        self.facts = decider.facts(**self._fact_maps)
        self._states: dict[str, tuple[int, Any]] = {}
        self._encoded: dict[str, Encoded] = {}  # of those that were written
        self._places: dict[str, int] = {}  # id → where its write stands in `writes`
        self.writes: list[StateWrite] = []

    def state(self, aggregate_id: str) -> tuple[int, Any]:
        """(version, state). 0 and the empty state for an aggregate that does not exist."""
        found = self._states.get(aggregate_id)
        if found is None:
            stored = self._stored.get(aggregate_id)
            found = (0, self._decider.state()) if stored is None else (stored.version, self._form.decode(stored.body))
            self._states[aggregate_id] = found
        return found

    def encoded(self, aggregate_id: str, state: Any, events: Iterable[Message]) -> Encoded:
        """The state to which these events led, as JSON. Fields of the state before that this code does not know are kept, if
        no event erases the aggregate and it is not empty again.

        Raises if it cannot be encoded. Called before anything of its message is entered anywhere.
        """
        known = _encode(state).decode()
        before = self._encoded.get(aggregate_id) or self._as_stored(aggregate_id)
        if before.body == before.known or state == self._decider.state():
            return Encoded(known, known)
        if any(unknown_fields.erases(type(event)) for event in events):
            return Encoded(known, known)
        return Encoded(unknown_fields.kept(before.body, before.known, known), known)

    def _as_stored(self, aggregate_id: str) -> Encoded:
        stored = self._stored.get(aggregate_id)
        if stored is None:
            return Encoded("", "")
        return Encoded(self._form.plain(stored.body), _encode(self.state(aggregate_id)[1]).decode())

    def write(self, aggregate_id: str, version: int, state: Any, encoded: Encoded) -> None:
        """The aggregate is at this version now. encoded: its state as JSON."""
        before, _ = self.state(aggregate_id)
        self._states[aggregate_id] = (version, state)
        self._encoded[aggregate_id] = encoded
        place, body = self._places.setdefault(aggregate_id, len(self.writes)), self._form.stored(encoded.body)
        if place == len(self.writes):
            self.writes.append(StateWrite(aggregate_id, before, version, body))
        else:
            self.writes[place] = StateWrite(aggregate_id, self.writes[place].old_version, version, body)

    def missing_facts(self, arrivals: Iterable[Arrival]) -> list[FactKey]:
        """Facts that these commands need on the states as they are now, and that were not read yet."""
        if not self._fact_maps:
            return []
        wanted = dict[FactKey, None]()
        for arrival in arrivals:
            if arrival.message is not None and arrival.key is not None and arrival.broken is None:
                # Ignore errors of the domain's code here: the decision raises them again, on the state as it is then.
                with contextlib.suppress(Exception):
                    wanted.update(dict.fromkeys(self._needs(arrival)))
        return [key for key in wanted if key not in self._fact_versions]

    def has_facts_for(self, arrival: Arrival) -> bool:
        """Whether all facts were read that it needs on the state as it is now. Raises what the domain's `needs` raises."""
        return not self._fact_maps or self._fact_versions.keys() >= set(self._needs(arrival))

    def _needs(self, arrival: Arrival) -> Iterable[FactKey]:
        return self._decider.needs(arrival.message, self.state(arrival.key or "")[1])

    def read_for(self, arrival: Arrival) -> str | None:
        """The facts that this command reads, as JSON {table: {key: version of the copy}}, version 0 for a fact that does not
        exist. None if it reads none."""
        if not self._fact_maps:
            return None
        read: dict[str, dict[str, int]] = {}
        for name, key in self._needs(arrival):
            read.setdefault(name, {})[key] = self._fact_versions.get((name, key), 0)
        return _encode(read).decode() if read else None

    def learn(self, asked: Sequence[FactKey], found: Mapping[FactKey, Fact]) -> None:
        """Adds the facts that a look has found. asked: those that were asked for, also those that do not exist."""
        for place in asked:
            self._fact_versions[place] = found[place].version if place in found else 0
        for (name, key), stored in found.items():
            if stored.body is not None:
                self._fact_maps[name][key] = self._fact_forms[name].decode(stored.body)

    def behind(self, arrival: Arrival, least: Sequence[Wrote]) -> Wrote | None:
        """A fact that this command needs, and whose copy is older than the version that the caller has seen. None if there is
        none. least: what the caller has seen."""
        seen = {(wrote.domain, wrote.aggregate_id): wrote for wrote in least}
        with contextlib.suppress(Exception):  # as in missing_facts
            for name, key in self._needs(arrival):
                wrote = seen.get((self._domains[name], key))
                if wrote is not None and self._fact_versions.get((name, key), 0) < wrote.version:
                    return wrote
        return None


def prefetchable_facts(decider: Decider[Any, Any, Any, Any], arrivals: Iterable[Arrival]) -> list[FactKey]:
    """Facts that these commands would need on an empty state. Most need the same on any state, so these can be read together
    with the states; others are read afterwards (missing_facts)."""
    wanted = dict[FactKey, None]()
    if decider.fact_tables:
        empty = decider.state()
        for arrival in arrivals:
            if arrival.message is not None and arrival.error is None:
                with contextlib.suppress(Exception):  # as in missing_facts; `needs` does not know a Redrive
                    wanted.update(dict.fromkeys(decider.needs(arrival.message, empty)))
    return list(wanted)

"""Ahead: slow work for commands that come on a topic of their own. They go on to the domain's command topic, with their ids and
with what was found, so no other command of their partition waits for that work."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from agents.runtime import arrivals
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import BatchPart, Rounds, changed
from agents.runtime.deciding.preparing import Fate, Preparing
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import Placing
from agents.runtime.transport.lease import Batch
from stores.protocol import Changes, DomainStore, Moment, OutboxRow, Source
from topics.deciding.decision import Decider
from topics.messages.topic import Topic


class Beforehand(Protocol):
    """The slow part of a preparation (agents.runtime.deciding.preparing.Preparation) that may be done before the command is
    decided."""

    def heavy(self, command: Any) -> bool: ...

    async def prepare(
        self, command: Any, aggregate_id: str, state: Any, headers: Mapping[str, str], now: datetime, command_id: str
    ) -> str:
        """What the preparation finds in the header PREPARED. It stands on a topic, so no secret may be read in it. Where the
        state has changed since, the preparation does the work once more. Raises Doubt."""
        ...


class _Part(BatchPart):
    def __init__(self, batch: Batch, found: Sequence[Arrival], first: int, after: int) -> None:
        self.found = found
        super().__init__(batch, first, after, messages=len(found), touches=())


class Ahead(Drained):
    """The work (agents.runtime.transport.work.Work) of such a topic. Every message goes on, also one that cannot be read: what
    becomes of it is decided, answered and kept in one place.

    A command that the edge has withdrawn goes on as it came. A message that goes on twice has one effect, since it has its id.
    """

    def __init__(
        self, topic: Topic, onto: Topic, decider: Decider[Any, Any, Any, Any], store: DomainStore, drain: Drain, fate: Fate,
        beforehand: Beforehand,
    ) -> None:  # fmt: skip
        super().__init__(store, drain)
        self._topic = topic
        self._onto = onto
        self._preparing = Preparing(decider, store, fate, beforehand)
        self._rounds = Rounds[_Part](drain, self._hand_on)

    async def run(self, batch: Batch) -> None:
        if batch.arrivals is None:
            incarnation = batch.lease.incarnation
            batch.arrivals = [arrivals.read(self._topic, incarnation, record, keyed=True) for record in batch.records]
        first = batch.first
        while first < batch.next:
            todo = [arrival for arrival in batch.arrivals if arrival.offset >= first]
            most = self._preparing.together(todo, len(todo))
            some, after = todo[:most], batch.next if most == len(todo) else todo[most].offset
            await self._preparing.take(some)
            await self._preparing.slow_work(some)
            first = await self._rounds.join(_Part(batch, some, first, after))

    async def _hand_on(self, parts: Sequence[_Part]) -> tuple[Moment, Mapping[_Part, Changes]]:
        moment = await self._store.look([part.source for part in parts])
        return moment, changed(parts, moment, self._changes)

    def _changes(self, part: _Part, done: int) -> Changes:
        changes, placing = Changes(next=part.after), Placing(part.lease.incarnation)
        for arrival in part.found:
            if arrival.offset >= done:
                row = letters.handed_on(self._onto, arrival, arrival.prepared) or self._too_large(part.source, arrival)
                changes.outbox += placing.of(arrival.offset, [row])
        return changes

    def _too_large(self, source: Source, arrival: Arrival) -> OutboxRow:
        return letters.dead(source, self._topic, arrival, f"too large for {self._onto.name}", parked=False)

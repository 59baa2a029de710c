"""Intake: makes own commands of what another domain or system published. Each gets the key of its aggregate, and an id that
derives from the message's."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from agents.runtime import arrivals, metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import Rounds, Turn, changed
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import Placing
from agents.runtime.transport.lease import Batch, Stopped
from stores.protocol import Changes, DomainStore, Moment, OutboxRow
from topics.deciding import decision
from topics.messages import headers, ids
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

log = structlog.get_logger()


class _Turn(Turn):
    """stopped: at which message of newer code it ended."""

    def __init__(self, batch: Batch, found: Sequence[Arrival]) -> None:
        self.found = found
        self.stopped: Arrival | None = None
        ids = [arrival.inbox_key for arrival in found]
        super().__init__(batch, batch.first, batch.next, messages=len(found), touches=ids)


class Intake(Drained):
    """The work (agents.runtime.transport.work.Work) of one topic. A message that cannot be translated becomes a dead letter; no
    key is parked, since messages of several publishers have no order that it would keep.

    At a message of newer code the partition stops: what it leads to must not be left out, and must not be done twice, so it
    cannot be read again later as views can.
    """

    def __init__(
        self, topic: Topic, domain: str, translate: decision.Translate, store: DomainStore, drain: Drain
    ) -> None:
        super().__init__(store, drain)
        self._topic = topic
        self._domain = domain
        self._translate = translate
        self._rounds = Rounds[_Turn](drain, self._take_in)

    async def run(self, batch: Batch) -> None:
        incarnation = batch.lease.incarnation
        found = [arrivals.read(self._topic, incarnation, record, keyed=False) for record in batch.records]
        turn = _Turn(batch, found)
        await self._rounds.join(turn)
        if turn.stopped is not None:
            raise Stopped(turn.stopped.offset, str(turn.stopped.error))

    async def _take_in(self, turns: Sequence[_Turn]) -> tuple[Moment, Mapping[_Turn, Changes]]:
        ids = [arrival.inbox_key for turn in turns for arrival in turn.found]
        moment = await self._store.look([turn.source for turn in turns], ids=ids)
        return moment, changed(turns, moment, lambda turn, done: self._changes(turn, done, moment))

    def _changes(self, turn: _Turn, done: int, moment: Moment) -> Changes:
        changes, placing = Changes(next=turn.after), Placing(turn.lease.incarnation)
        for arrival in turn.found:
            if arrival.offset < done:
                continue
            if arrival.inbox_key in moment.known or arrival.inbox_key in changes.inbox:
                metrics.DUPLICATES.labels(turn.source.group).inc()
                continue
            if arrival.newer:
                turn.stopped, changes.next = arrival, arrival.offset
                break
            try:
                rows = self._translated(arrival)
            except Exception as error:
                log.warning("dead_letter", topic=self._topic.name, offset=arrival.offset, why=str(error)[:200])
                rows = [letters.dead(turn.source, self._topic, arrival, _why(error), parked=False)]
            else:
                changes.inbox[arrival.inbox_key] = None
            changes.outbox += placing.of(arrival.offset, rows)
        return changes

    def _translated(self, arrival: Arrival) -> list[OutboxRow]:
        if arrival.error is not None:
            raise arrival.error
        cause = ids.derive(arrival.source, arrival.id)
        sends = self._translate(arrival.message, origin_of(arrival))
        return [letters.sent(send, cause, arrival, self._domain) for send in sends]


def origin_of(arrival: Arrival) -> decision.Origin:
    """What an intake gets to know of a message besides its body. Raises Undecodable if its sequence is no number."""
    sequence: Any = arrival.headers.get(headers.SEQUENCE)
    if sequence is not None and not sequence.isdecimal():
        raise Undecodable(headers.SEQUENCE, "is not a version number")
    return decision.Origin(
        id=arrival.id, source=arrival.source, at=arrival.at, aggregate_id=arrival.headers.get(headers.SUBJECT),
        version=None if sequence is None else int(sequence), key=arrival.key,
    )  # fmt: skip


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, Undecodable) else f"{type(error).__name__}: {error}"

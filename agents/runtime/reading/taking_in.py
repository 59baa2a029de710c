"""Intake: makes own commands of what another domain or system published. Each gets the key of its aggregate, and an id that
derives from the message's."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from agents.runtime import arrivals, metrics
from agents.runtime.arrivals import Arrival
from agents.runtime.committing.rounds import BatchPart, Rounds, changed
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain, Drained
from agents.runtime.sending.placing import Placing
from agents.runtime.transport.lease import Batch, Stopped
from agents.runtime.transport.passing import pass_over
from stores.protocol import Changes, DomainStore, Moment, OutboxRow
from topics.deciding import decision
from topics.messages import headers, ids
from topics.messages.message import Undecodable
from topics.messages.topic import Topic

log = structlog.get_logger()


Rows = list[OutboxRow]


class _Part(BatchPart):
    """found: the messages, each with the commands that it leads to, or why it leads to none. stopped: at which message of newer
    code it ended."""

    def __init__(self, batch: Batch, found: Sequence[tuple[Arrival, Rows | Exception]]) -> None:
        self.found = found
        self.stopped: Arrival | None = None
        ids = [arrival.inbox_key for arrival, _ in found]
        super().__init__(batch, batch.first, batch.next, messages=len(found), touches=ids)


class Intake(Drained):
    """The work (agents.runtime.transport.work.Work) of one topic. A message that cannot be translated becomes a dead letter; no
    key is parked, since messages of several publishers have no order that it would keep.

    At a message of newer code the partition stops: what it leads to must not be left out, and must not be done twice, so it
    cannot be read again later as views can.

    A message that leads to nothing is passed over (agents.runtime.transport.passing).
    """

    def __init__(
        self, topic: Topic, domain: str, translate: decision.Translate, store: DomainStore, drain: Drain
    ) -> None:
        super().__init__(store, drain)
        self._topic = topic
        self._domain = domain
        self._translate = translate
        self._rounds = Rounds[_Part](drain, self._take_in)

    async def run(self, batch: Batch) -> None:
        incarnation = batch.lease.incarnation
        read = [arrivals.read(self._topic, incarnation, record, keyed=False) for record in batch.records]
        found = [(arrival, self._translated(arrival)) for arrival in read]
        if all(_leads_to_nothing(*each) for each in found) and pass_over(batch):
            return
        part = _Part(batch, found)
        await self._rounds.join(part)
        if part.stopped is not None:
            raise Stopped(part.stopped.offset, str(part.stopped.error))

    async def _take_in(self, parts: Sequence[_Part]) -> tuple[Moment, Mapping[_Part, Changes]]:
        ids = [arrival.inbox_key for part in parts for arrival, _ in part.found]
        moment = await self._store.look([part.source for part in parts], ids=ids)
        return moment, changed(parts, moment, lambda part, done: self._changes(part, done, moment))

    def _changes(self, part: _Part, done: int, moment: Moment) -> Changes:
        changes, placing = Changes(next=part.after), Placing(part.lease.incarnation)
        for arrival, rows in part.found:
            if arrival.offset < done or _leads_to_nothing(arrival, rows):
                continue
            if arrival.inbox_key in moment.known or arrival.inbox_key in changes.inbox:
                metrics.DUPLICATES.labels(part.source.group).inc()
                continue
            if arrival.newer:
                part.stopped, changes.next = arrival, arrival.offset
                break
            if isinstance(rows, Exception):
                log.warning("dead_letter", topic=self._topic.name, offset=arrival.offset, why=str(rows)[:200])
                rows = [letters.dead(part.source, self._topic, arrival, _why(rows), parked=False)]
            else:
                changes.inbox[arrival.inbox_key] = None
            changes.outbox += placing.of(arrival.offset, rows)
        return changes

    def _translated(self, arrival: Arrival) -> Rows | Exception:
        """The commands that a message leads to, or why it leads to none."""
        if arrival.error is not None:
            return arrival.error
        cause = ids.derive(arrival.source, arrival.id)
        try:
            sends = self._translate(arrival.message, origin_of(arrival))
            return [letters.sent(send, cause, arrival, self._domain) for send in sends]
        except Exception as error:
            return error


def _leads_to_nothing(arrival: Arrival, rows: Rows | Exception) -> bool:
    """A message of others is entered in the inbox all the same: it may be a dead letter that was mended, and the inbox says
    that it was taken."""
    return rows == [] and arrival.ours


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

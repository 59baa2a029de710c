"""Does the effects of some events at once, each once as far as the outside allows.

The store records that they have begun before they are tried, and that they have ended afterwards, together with the commands
that say their outcome. So an effect is repeated only if the process died between the two writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from msgspec.structs import replace

from agents.runtime import metrics
from agents.runtime.reading import aside
from agents.runtime.reading.aside import GiveUp, NotNow
from agents.runtime.reading.events import Event
from agents.runtime.sending import letters
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.placing import Placing
from agents.runtime.transport.lease import Lease, Reopen
from stores.errors import Doubt
from stores.protocol import AsideRow, DomainStore, OutboxRow, Source
from topics.deciding.decision import Send
from topics.messages import ids
from topics.messages.event import EventMeta
from topics.messages.topic import Topic

log = structlog.get_logger()

# Effects that a process remembers after they were tried. Those of a partition that went to another process in the middle never
# end here, so the oldest are forgotten: what happened to them is for the other process to say.
REMEMBERED = 10_000

Perform = Callable[[Any, EventMeta], Awaitable[Iterable[Send]]]
"""Does the effect, and returns commands that say its outcome.

Raises Doubt where the outside is away: all of the partition waits, for ever. Raises NotNow where only this event is concerned:
it is set aside and tried again, until the time that NotNow names. Raises GiveUp where its time has passed. After that, and
after any other exception, the event becomes a dead letter.
"""


class Try(NamedTuple):
    """An event, and the row of it that is set aside, or would be."""

    event: Event
    row: AsideRow


@dataclass(slots=True)
class _Sorted:
    """done: ids that are not tried again. rows: outbox rows that they led to. again: to set aside. doubt: of one of them."""

    done: list[str] = field(default_factory=list[str])
    rows: list[OutboxRow] = field(default_factory=list[OutboxRow])
    again: list[AsideRow] = field(default_factory=list[AsideRow])
    doubt: Doubt | None = None


class Performing:
    """The effects of one topic in this process."""

    def __init__(self, topic: Topic, domain: str, perform: Perform, store: DomainStore, drain: Drain) -> None:
        self._topic = topic
        self._domain = domain
        self._perform = perform
        self._store = store
        self._drain = drain
        self._tried: dict[str, None] = {}  # ids that this process tried, and that ended in Doubt
        # id → outbox rows of effects that have happened and may not be recorded. Where the store is away when they are to be
        # recorded, the next try records them without doing them again.
        self._happened: dict[str, list[OutboxRow]] = {}
        # id → effect under way. If a rebalance takes a partition away and gives it back, its batch begins again while the old
        # one is still under way: both wait for the same effect.
        self._flying: dict[str, asyncio.Future[list[OutboxRow]]] = {}
        # Source → id → why it is to be set aside. If doubt starts its batch again before the write, it is not tried again.
        self._not_now: dict[Source, dict[str, NotNow]] = {}

    def opened(self, source: Source) -> None:
        self._not_now[source] = {}

    def is_set_aside(self, source: Source, row: AsideRow) -> None:
        """The write that sets it aside has happened."""
        self._not_now[source].pop(row.id, None)

    async def some(self, lease: Lease, tries: Sequence[Try]) -> list[AsideRow]:
        """Does the effects of those that are not done yet. Returns the rows of those to set aside.

        Raises Reopen, or Doubt: what was done is recorded then.
        """
        if lease.void.is_set():
            raise Reopen("the lease ended")
        wanted = [each.row.id for each in tries]
        begun = await self._store.begin_effects(lease.source, lease.epoch, wanted)
        # Recorded by this process before: the answer of the store was lost, or the rows could not be published.
        recorded = any(id in self._happened for id in wanted if id not in begun)
        todo = [each for each in tries if each.row.id in begun]
        self._count_repeated(lease, [id for id, again in begun.items() if again])
        trying = (self._one(lease, each.event, again=begun[each.row.id] or each.row.tries > 0) for each in todo)
        outcomes = await asyncio.gather(*trying, return_exceptions=True)
        found = self._sort(lease, todo, outcomes)
        if found.done:
            await self._store.end_effects(lease.source, found.done, found.rows)
        for id in found.done:
            self._happened.setdefault(id, [])  # also those that raised, until their dead letters are published
        await (self._drain.left(lease) if recorded else self._drain.rows(lease, found.rows))
        for id in wanted:
            if id in found.done or id not in begun:
                self._happened.pop(id, None)
        if found.doubt is not None:
            raise found.doubt
        return found.again

    def _count_repeated(self, lease: Lease, again: Sequence[str]) -> None:
        """Counts effects that were begun before by another process: it may have been killed after they happened."""
        known = (self._tried, self._happened, self._flying, self._not_now[lease.source])
        for id in again:
            if not any(id in those for those in known):
                metrics.REPEATED.labels(lease.source.group).inc()
                log.warning("effect_repeated", group=lease.source.group, effect=id)

    def _sort(self, lease: Lease, todo: Sequence[Try], outcomes: Sequence[list[OutboxRow] | BaseException]) -> _Sorted:
        """Exceptions but Doubt and NotNow become dead letters, and their effects are done: they are not tried again."""
        found, now, not_now = _Sorted(), datetime.now(UTC), self._not_now[lease.source]
        for (event, row), outcome in zip(todo, outcomes, strict=True):
            if isinstance(outcome, Doubt):
                found.doubt = outcome
                self._tried[row.id] = None
                _forget_the_oldest(self._tried)
                continue
            if isinstance(outcome, NotNow) and now < outcome.until:
                not_now[row.id] = outcome
                found.again.append(aside.failed(row, outcome, now))
                continue
            found.done.append(row.id)
            self._tried.pop(row.id, None)
            not_now.pop(row.id, None)
            led_to = [self._dead(lease, event, row, outcome)] if isinstance(outcome, BaseException) else outcome
            found.rows += Placing(row.incarnation).of(row.offset, led_to)
        return found

    def _dead(self, lease: Lease, event: Event, row: AsideRow, error: BaseException) -> OutboxRow:
        group, why = lease.source.group, f"{type(error).__name__}: {error}"
        if isinstance(error, (NotNow, GiveUp)):
            tries = row.tries + isinstance(error, NotNow)
            why = f"given up: {error} (tried {tries} times since {row.since:%Y-%m-%d %H:%M:%S} UTC)"
            metrics.GIVEN_UP.labels(group).inc()
            log.error("effect_given_up", group=group, effect=row.id, key=row.key, why=why[:200])
        else:
            log.error("effect_failed", group=group, effect=row.id, why=repr(error)[:200])
        return letters.dead(lease.source, self._topic, event.arrival, why, parked=False)

    async def _one(self, lease: Lease, event: Event, *, again: bool) -> list[OutboxRow]:
        id, not_now = event.meta.id, self._not_now[lease.source]
        if id in self._happened:
            return self._happened[id]
        if id in not_now:
            raise not_now[id]
        if id not in self._flying:
            self._flying[id] = asyncio.ensure_future(self._do(event, replace(event.meta, again=again)))
            self._flying[id].add_done_callback(lambda _: self._flying.pop(id, None))
        return await asyncio.shield(self._flying[id])

    async def _do(self, event: Event, meta: EventMeta) -> list[OutboxRow]:
        sends = await self._perform(event.message, meta)
        cause = ids.derive(event.meta.id, "effect")
        rows = [letters.sent(send, cause, event.arrival, self._domain) for send in sends]
        self._happened[event.meta.id] = rows
        _forget_the_oldest(self._happened)
        return rows


def _forget_the_oldest(known: dict[str, Any]) -> None:
    while len(known) > REMEMBERED:
        del known[next(iter(known))]

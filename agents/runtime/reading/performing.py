"""Does the effects of several events at the same time, each once as far as that is possible.

The store records before the first try that an effect begins, and afterwards that it has ended, together with the commands that
tell its outcome. If a process dies between the two writes, the next one cannot know whether the effect has happened, and does
it again (with `again` set in the event's meta).

This process itself repeats nothing: it remembers which effects are under way, and which have happened and are not recorded.
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

REMEMBERED = 10_000
"""Effects that a process remembers at most; it forgets the oldest. An effect is forgotten when it is recorded. Without a bound
those of partitions that have gone to another process in the meantime would stay for ever."""

Perform = Callable[[Any, EventMeta], Awaitable[Iterable[Send]]]
"""Does the effect of an event, and returns commands that tell its outcome.

Raises Doubt if the server outside is away: the partition waits until it is back. Raises NotNow if only this event is concerned:
it is set aside and tried again, until the time that NotNow names. Raises GiveUp if the effect is not wanted any more. After
that time, after GiveUp, and after any other exception, the event becomes a dead letter.
"""


class Try(NamedTuple):
    """An event whose effect is to be tried. row: its row among the events set aside, or the one that it gets if it is set aside
    now."""

    event: Event
    row: AsideRow


@dataclass(slots=True)
class _Outcomes:
    """Of several tries. done: ids of the events that are not tried again. rows: the outbox rows that these led to. set_aside:
    rows of the events to set aside. doubt: what one try raised, if any raised Doubt."""

    done: list[str] = field(default_factory=list[str])
    rows: list[OutboxRow] = field(default_factory=list[OutboxRow])
    set_aside: list[AsideRow] = field(default_factory=list[AsideRow])
    doubt: Doubt | None = None


class Performing:
    """The effects of one topic in this process. Ids are those of events."""

    def __init__(self, topic: Topic, domain: str, perform: Perform, store: DomainStore, drain: Drain) -> None:
        self._topic = topic
        self._domain = domain
        self._perform = perform
        self._store = store
        self._drain = drain
        # Ids of effects that raised Doubt. That the store has them as begun is no sign of another process (_count_repeated).
        self._tried: dict[str, None] = {}
        # Id → the outbox rows of an effect that has happened and may not be recorded. If the store was away, the next try
        # records it without doing it again.
        self._happened: dict[str, list[OutboxRow]] = {}
        # Id → an effect under way. A rebalance may take a partition away and give it back. Then its batch begins again while
        # the one before is still under way, and both wait for the same effect.
        self._under_way: dict[str, asyncio.Future[list[OutboxRow]]] = {}
        # Source → id → what the effect raised, until the event is set aside. If doubt starts its batch again before that write,
        # the effect is not tried once more.
        self._not_now: dict[Source, dict[str, NotNow]] = {}

    def opened(self, source: Source) -> None:
        self._not_now[source] = {}

    def is_set_aside(self, source: Source, row: AsideRow) -> None:
        """To be called when the row is written."""
        self._not_now[source].pop(row.id, None)

    async def perform(self, lease: Lease, tries: Sequence[Try]) -> list[AsideRow]:
        """Does the effects that are not done yet, records and publishes what they led to. Returns the rows of the events to set
        aside. Raises Reopen; and Doubt, then all that was done is recorded.
        """
        if lease.void.is_set():
            raise Reopen("the lease ended")
        wanted = [each.row.id for each in tries]
        begun = await self._store.begin_effects(lease.source, lease.epoch, wanted)  # without those that have ended
        # This process has recorded an effect and not published its rows, or does not know that it is recorded: the answer of
        # the store was lost. The rows are in the outbox.
        has_rows_left = any(id in self._happened for id in wanted if id not in begun)
        todo = [each for each in tries if each.row.id in begun]
        self._count_repeated(lease, [id for id, again in begun.items() if again])
        trying = (self._try(lease, each.event, again=begun[each.row.id] or each.row.tries > 0) for each in todo)
        results = await asyncio.gather(*trying, return_exceptions=True)
        outcomes = self._sort(lease, todo, results)
        if outcomes.done:
            await self._store.end_effects(lease.source, outcomes.done, outcomes.rows)
        for id in outcomes.done:
            self._happened.setdefault(id, [])  # also those that raised, until their dead letters are published
        await (self._drain.left(lease) if has_rows_left else self._drain.rows(lease, outcomes.rows))
        for id in wanted:
            if id in outcomes.done or id not in begun:
                self._happened.pop(id, None)
        if outcomes.doubt is not None:
            raise outcomes.doubt
        return outcomes.set_aside

    def _count_repeated(self, lease: Lease, again: Sequence[str]) -> None:
        """Counts effects that may happen twice: another process began them and did not record their end. again: ids that the
        store has as begun and not ended; those that this process knows of were begun by itself."""
        own = (self._tried, self._happened, self._under_way, self._not_now[lease.source])
        for id in again:
            if not any(id in those for those in own):
                metrics.REPEATED.labels(lease.source.group).inc()
                log.warning("effect_repeated", group=lease.source.group, effect=id)

    def _sort(self, lease: Lease, todo: Sequence[Try], results: Sequence[list[OutboxRow] | BaseException]) -> _Outcomes:
        """results: of each try the outbox rows of the effect, or what it raised. Any exception but Doubt and a NotNow in time
        becomes a dead letter, and the effect counts as done."""
        found, now, not_now = _Outcomes(), datetime.now(UTC), self._not_now[lease.source]
        for (event, row), result in zip(todo, results, strict=True):
            if isinstance(result, Doubt):
                found.doubt = result
                self._tried[row.id] = None
                _forget_the_oldest(self._tried)
                continue
            if isinstance(result, NotNow) and now < result.until:
                not_now[row.id] = result
                found.set_aside.append(aside.failed(row, result, now))
                continue
            found.done.append(row.id)
            self._tried.pop(row.id, None)
            not_now.pop(row.id, None)
            led_to = [self._dead(lease, event, row, result)] if isinstance(result, BaseException) else result
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

    async def _try(self, lease: Lease, event: Event, *, again: bool) -> list[OutboxRow]:
        """The outbox rows of the effect: of one that has happened, of one under way, or of a new one. again: it may have
        happened before."""
        id, not_now = event.meta.id, self._not_now[lease.source]
        if id in self._happened:
            return self._happened[id]
        if id in not_now:
            raise not_now[id]
        if id not in self._under_way:
            self._under_way[id] = asyncio.ensure_future(self._do(event, replace(event.meta, again=again)))
            self._under_way[id].add_done_callback(lambda _: self._under_way.pop(id, None))
        return await asyncio.shield(self._under_way[id])

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

"""Which of the events that are set aside are due, and how many wait (for the metrics).

Due events share the time of their partition with new ones. If trying them has taken long, they rest for a while, so that new
events are not held up (effecting.py).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agents.runtime import metrics
from agents.runtime.transport.lease import Lease
from stores.protocol import AsideRow, DomainStore, Source, Waiting

_COUNT_EVERY = 15.0  # seconds


class DueEvents:
    """The events of one topic that are set aside, in the partitions that this process holds. While it holds a partition, no
    other process sets events of it aside or takes them back. So the store is asked again only when the next one is due."""

    def __init__(self, store: DomainStore) -> None:
        self._store = store
        self._leases: dict[Source, Lease] = {}
        # The next due time, None if no event has one. For a source that is missing here the store has to be asked.
        self._next: dict[Source, datetime | None] = {}
        self._resting_until: dict[Source, float] = {}  # by the loop's time
        self._waiting: Mapping[Source, Waiting] = {}
        self._counted_at = 0.0

    def opened(self, lease: Lease) -> None:
        source = lease.source
        self._leases[source] = lease
        self._next.pop(source, None)
        self._counted_at = 0.0
        metrics.WAITING.labels(source.group, source.topic).set_function(self._count)
        metrics.OLDEST.labels(source.group, source.topic).set_function(self._oldest)

    def ask_again(self, source: Source) -> None:
        """To be called where something was set aside or taken back, or may have been."""
        self._next.pop(source, None)

    def put_off(self, source: Source, until: datetime) -> None:
        """Nothing of the partition counts as due before this time, in UTC."""
        self._next[source] = until

    def rest(self, source: Source, seconds: float) -> None:
        """For so many seconds due events are not tried after a batch of new ones. When there is nothing new they are."""
        self._resting_until[source] = asyncio.get_running_loop().time() + seconds

    def is_resting(self, source: Source) -> bool:
        return asyncio.get_running_loop().time() < self._resting_until.get(source, 0.0)

    async def due_rows(self, source: Source, limit: int) -> Sequence[AsideRow]:
        """The first `limit` events that are due, in the order of their due times. Raises Unavailable."""
        now = datetime.now(UTC)
        if source in self._next:
            first = self._next[source]
            if first is None or first > now:
                return ()
        rows = await self._store.next_aside(source, limit)
        found = [row for row in rows if row.due is not None and row.due <= now]
        if found:
            self._next.pop(source, None)
        else:
            self._next[source] = rows[0].due if rows else None
        return found

    async def count_waiting(self) -> None:
        """Counts the events that are set aside, for the metrics, if that was done longer than _COUNT_EVERY ago. Raises
        Unavailable."""
        now = asyncio.get_running_loop().time()
        if self._counted_at and now - self._counted_at < _COUNT_EVERY:
            return
        self._counted_at = now
        self._leases = {source: lease for source, lease in self._leases.items() if not lease.closing.is_set()}
        self._waiting = await self._store.waiting(list(self._leases)) if self._leases else {}

    def _held(self) -> list[Waiting]:
        return [
            of for source, of in self._waiting.items()
            if source in self._leases and not self._leases[source].closing.is_set()
        ]  # fmt: skip

    def _count(self) -> float:
        return sum(of.events for of in self._held())

    def _oldest(self) -> float:
        now = datetime.now(UTC)
        return max(((now - of.since).total_seconds() for of in self._held()), default=0.0)

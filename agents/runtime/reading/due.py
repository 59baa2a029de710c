"""When a partition's events that are set aside are due, and how many wait, as far as this process knows.

While new events come, what is due takes a part of the partition's time only, a small one where it is slow.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from agents.runtime import metrics
from agents.runtime.transport.lease import Lease
from stores.protocol import AsideRow, DomainStore, Source, Waiting

_COUNTED = 15.0  # seconds between two counts of all that wait


class Due:
    """The events of one topic that are set aside. While this process holds a partition, no other process sets events of it
    aside or takes them back. So the store need not be asked before the next one is due."""

    def __init__(self, store: DomainStore) -> None:
        self._store = store
        self._leases: dict[Source, Lease] = {}
        # The next due time, None where nothing has one. A source that is missing here has to be asked for.
        self._next: dict[Source, datetime | None] = {}
        self._rests: dict[Source, float] = {}  # until when, by the loop's time
        self._waiting: Mapping[Source, Waiting] = {}
        self._counted_at = 0.0

    def opened(self, lease: Lease) -> None:
        source = lease.source
        self._leases[source] = lease
        self._next.pop(source, None)
        self._counted_at = 0.0
        metrics.WAITING.labels(source.group, source.topic).set_function(self._count)
        metrics.OLDEST.labels(source.group, source.topic).set_function(self._oldest)

    def changed(self, source: Source) -> None:
        """Something was set aside or taken back, or may have been."""
        self._next.pop(source, None)

    def put_off(self, source: Source, until: datetime) -> None:
        """No event of the partition is tried before this time."""
        self._next[source] = until

    def rest(self, source: Source, seconds: float) -> None:
        """For so many seconds nothing that is due is tried beside new events."""
        self._rests[source] = asyncio.get_running_loop().time() + seconds

    def rests(self, source: Source) -> bool:
        return asyncio.get_running_loop().time() < self._rests.get(source, 0.0)

    async def rows(self, source: Source, limit: int) -> Sequence[AsideRow]:
        """Those that are to be tried now, `limit` at most; a later call finds those behind them. Raises Unavailable."""
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

    async def count(self) -> None:
        """Counts what waits in the partitions that are held, if that was long ago. Raises Unavailable."""
        now = asyncio.get_running_loop().time()
        if self._counted_at and now - self._counted_at < _COUNTED:
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

"""Sends the commands of timers when they are due. The domain's store says which are: its clock counts.

Only the owner of a partition sets its timers, and only it sends them. So it asks the store at an opening, when it has set one,
and while one waits: when the next one is due, and at least every two seconds, since the clock may have jumped.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from agents.runtime.sending.drain import Drain
from agents.runtime.transport.lease import Lease
from stores.errors import Doubt
from stores.protocol import Source, TimerWrite

log = structlog.get_logger()

EVERY = timedelta(seconds=2)
_AT_ONCE = 250  # timers of one partition


class Timers:
    """Of the partitions of one command topic that this process owns. Its task ends when no timer waits."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        self._leases: dict[Source, Lease] = {}
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._asked_at: datetime | None = None  # by the store's clock; None: not yet, or a question is under way
        self._set: dict[
            Source, datetime
        ] = {}  # when the first one is due of those that are decided and perhaps written

    def watch(self, lease: Lease) -> None:
        """Sends the timers of this partition from here on, until its lease ends."""
        self._leases[lease.source] = lease
        self._ask()

    def set(self, source: Source, timers: Sequence[TimerWrite]) -> None:
        """The partition will write these."""
        due = [write.row.due for write in timers if write.row is not None]
        if due:
            self._set[source] = min(*due, self._set.get(source, due[0]))

    def written(self, source: Source) -> None:
        """All that the partition was to write is written. Not called while there is doubt: then a question might be too early.

        Where the next question comes in time for what was set, there is nothing to do.
        """
        due, asked_at = self._set.pop(source, None), self._asked_at
        if due is not None and (self._rests or asked_at is None or due <= asked_at + EVERY):
            self._ask()

    @property
    def _rests(self) -> bool:
        return self._task is None or self._task.done()

    def _ask(self) -> None:
        self._wake.set()
        if self._rests:
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._asked_at = None
            wait = await self._send()
            if wait is None and not self._wake.is_set():
                return
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    async def _send(self) -> float | None:
        """Sends what is due. Seconds until the next question, None if nothing waits."""
        self._leases = {source: lease for source, lease in self._leases.items() if not lease.closing.is_set()}
        longest = EVERY.total_seconds()
        if not self._leases:
            return None
        try:
            due = await self._drain.due_timers(list(self._leases.values()), _AT_ONCE)
        except Doubt as doubt:
            log.info("timers_put_off", why=str(doubt)[:160])
            return longest
        except Exception:
            # A bug of ours. Nobody awaits this task: if it ended, no timer would be sent any more, without notice.
            log.exception("timers_failed")
            return longest
        self._asked_at = due.now
        return None if due.wait is None else min(due.wait, longest)

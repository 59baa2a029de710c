"""Holds a partition back where its commands raise one after the other, as after a deployment with a bug in every decision.

A command that raises parks its key (docs/decisions/013-poison-parks-its-key.md). If nearly every command raises, that would
park nearly every key. So while RAISED of the last LAST commands that a partition has decided have raised, one command is tried
at a time, and after each that raises the partition stands still: FIRST seconds, then twice as long each time, LONGEST at most.
A command that is decided well is followed by the next one at once. When fewer have raised, all goes on.

What raised is written with the decisions, so a new process, or one that gets the partition, begins as the last one ended. It
tries its first command at once: it may have come to mend the others.
"""

import asyncio
from datetime import UTC, datetime
from time import monotonic

import structlog

from agents.runtime import metrics
from agents.runtime.transport.lease import Lease, Reopen

log = structlog.get_logger()

LAST, RAISED = 20, 10  # commands
FIRST, LONGEST = 5.0, 300.0  # seconds
_MASK = (1 << LAST) - 1


class Breaker:
    """Of one partition under one lease. raised: of the last LAST commands, as a number whose bit n is set if the n-th last one
    raised; as it is stored."""

    def __init__(self, lease: Lease, raised: int) -> None:
        self._lease = lease
        self._stored = raised
        self._final = raised  # without the commands of the part of a batch that is decided now
        self._now = raised  # with them
        self._part: list[tuple[int, bool]] = []  # (offset, raised), where that changes anything
        self._pause = FIRST
        self._until = 0.0

    @property
    def full(self) -> bool:
        """Whether the part of the batch must end: commands are tried one at a time, and it has tried one."""
        return bool(self._part) and _opens(self._now)

    @property
    def news(self) -> int | None:
        """What is to be stored. None if that is there."""
        return None if self._now == self._stored else self._now

    def begin(self, done: int) -> None:
        """Forgets what was found out about commands from offset `done` on: they are decided again."""
        for offset, raised in self._part:
            if offset < done:
                self._final = _after(self._final, raised)
        self._now, self._part = self._final, []

    def note(self, offset: int, raised: bool) -> None:
        """A command was decided, or raised."""
        if raised or self._now:
            self._now = _after(self._now, raised)
            self._part.append((offset, raised))

    async def wait(self) -> None:
        """Until the next command may be tried. Raises Reopen if the lease ends meanwhile."""
        left = self._until - monotonic()
        if left > 0:
            try:
                await asyncio.wait_for(self._lease.closing.wait(), left)
            except TimeoutError:
                return
            raise Reopen("the lease ended while its partition was held back")

    def written(self, done: int) -> None:
        """Everything below offset `done` is written. Decides whether the partition stands still, and says so."""
        tried = bool(self._part) and self._part[-1][1]
        self.begin(done)
        self._stored = self._final
        source = self._lease.source
        if _opens(self._final) and tried:
            self._until = monotonic() + self._pause
            metrics.HELD_BACK.labels(source.group, source.topic).inc()
            log.error(
                "partition_held_back", topic=source.topic, partition=source.partition, seconds=self._pause,
                why=f"{self._final.bit_count()} of the last {LAST} commands raised: one is tried at a time",
            )  # fmt: skip
            self._pause = min(LONGEST, self._pause * 2)
            self._lease.held_since = self._lease.held_since or datetime.now(UTC)
        elif not _opens(self._final) and self._lease.held_back:
            log.warning("partition_goes_on", topic=source.topic, partition=source.partition)
            self._pause = FIRST
            self._lease.held_since = None


def _after(raised: int, one_more: bool) -> int:
    return (raised << 1 | one_more) & _MASK


def _opens(raised: int) -> bool:
    return raised.bit_count() >= RAISED

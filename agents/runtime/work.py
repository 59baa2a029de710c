"""What a shape of work is to the runtime, and the loop around every batch: try, wait, try again, never give up on doubt."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from agents.runtime import metrics
from agents.runtime.lease import Batch, Lease, Reopen
from agents.runtime.leases import Leases
from stores.errors import Doubt

log = structlog.get_logger()

_WAIT = (0.05, 1.0)  # seconds, first and longest


class Work(Protocol):
    """One topic in one consumer group."""

    async def open(self, lease: Lease, earliest: int) -> None:
        """Reads the floor into the lease and drains what is left in the outbox. `earliest`: where a new floor begins."""
        ...

    async def run(self, batch: Batch) -> None:
        """Everything for one batch, from decoding to published. Safe to call again after any failure.

        Raises Doubt (try again) or Reopen (the lease's offset is wrong).
        """
        ...

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Looks after partitions without messages. Returns those that must be opened again, and why. Raises Doubt."""
        ...

    async def close(self, lease: Lease) -> None:
        """Tidies up after a lease that has ended. Raises Doubt; nothing depends on it."""
        ...


async def carry(leases: Leases, work: Work, batch: Batch) -> None:
    """Runs a batch to its end: done, or given up because its lease ends. A waiting body keeps only its own partition."""
    done, hole, began = False, None, time.monotonic()
    try:
        done = await _until_done(leases.group, work, batch)
    except Reopen as again:
        hole = again.hole
        log.info("reopened", group=leases.group, source=batch.lease.source, why=str(again))
    except asyncio.CancelledError:
        raise
    except Exception:
        # A bug of ours, not of the data (those are caught where they are decided): loud, and tried again from the floor.
        log.exception("batch_failed", group=leases.group, source=batch.lease.source, first=batch.first)
    finally:
        if done:
            metrics.done(leases.group, batch.lease.source.topic, len(batch.records), time.monotonic() - began)
        leases.finished(batch, done, hole)


async def _until_done(group: str, work: Work, batch: Batch) -> bool:
    lease, (wait, longest) = batch.lease, _WAIT
    while not lease.closing.is_set():
        try:
            await work.run(batch)
            return True
        except Doubt as doubt:
            metrics.RETRIES.labels(group, type(doubt).__name__).inc()
            log.warning("batch_retried", group=group, source=lease.source, first=batch.first, why=str(doubt)[:200])
            try:
                await asyncio.wait_for(lease.closing.wait(), wait)
            except TimeoutError:
                wait = min(longest, wait * 2)
    return False

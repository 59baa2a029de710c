"""The loop around every batch: run it, wait on doubt, run it again, until it is done or its lease ends."""

import asyncio
import time

import structlog

from agents.runtime import metrics
from agents.runtime.transport.lease import Batch, Reopen, Stopped
from agents.runtime.transport.leases import Leases
from agents.runtime.transport.work import Work
from stores.errors import Doubt
from stores.log_repeats import Drags

log = structlog.get_logger()

_WAIT = (0.05, 1.0)  # seconds, first and longest


async def carry(leases: Leases, work: Work, batch: Batch) -> None:
    """Runs a batch until it is done or its lease ends, and tells the leases. Only its own partition waits meanwhile.

    Raises nothing but CancelledError.
    """
    done, hole, began = False, None, time.monotonic()
    try:
        done = await _until_done(leases.group, work, batch)
    except Reopen as again:
        hole = again.hole
        log.info("reopened", group=leases.group, source=batch.lease.source, why=str(again))
    except Stopped as stop:
        leases.stop(batch.lease.tp, stop)
    except asyncio.CancelledError:
        raise
    except Exception:
        # A bug of ours: bad data is caught where it is decided. Logged with its traceback, and tried again from the floor.
        log.exception("batch_failed", group=leases.group, source=batch.lease.source, first=batch.first)
    finally:
        if done:
            metrics.done(leases.group, batch.lease.source.topic, len(batch.records), time.monotonic() - began)
        leases.finished(batch, done, hole)


async def _until_done(group: str, work: Work, batch: Batch) -> bool:
    """False: the lease ended first."""
    lease, (wait, longest), drags = batch.lease, _WAIT, Drags()
    while not lease.closing.is_set():
        try:
            await work.run(batch)
            return True
        except Doubt as doubt:
            metrics.RETRIES.labels(group, type(doubt).__name__).inc()
            about = {"group": group, "source": lease.source, "first": batch.first, "why": str(doubt)[:200]}
            if wait == _WAIT[0]:
                log.info("batch_retried", **about)
            elif seconds := drags.due():
                log.warning("batch_waits", seconds=seconds, **about)
            try:
                await asyncio.wait_for(lease.closing.wait(), wait)
            except TimeoutError:
                wait = min(longest, wait * 2)
    return False

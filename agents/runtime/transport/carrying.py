"""The loop around every batch: run it, wait on doubt, run it again, until it is done or its lease ends."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import structlog

from agents.runtime import metrics
from agents.runtime.transport.lease import Batch, Reopen, Stopped
from agents.runtime.transport.leases import Leases
from agents.runtime.transport.work import Work
from stores import tracing
from stores.errors import Doubt
from stores.log_repeats import Drags
from topics.messages import headers, ids

log = structlog.get_logger()

_NOTHING = nullcontext()
_WAIT = (0.05, 1.0)  # seconds, first and longest


async def carry(leases: Leases, work: Work, batch: Batch) -> None:
    """Runs a batch until it is done or its lease ends, and tells the leases. Only its own partition waits meanwhile.

    Raises nothing but CancelledError.
    """
    done, hole, began = False, None, time.monotonic()
    try:
        with _told(leases.group, batch):
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


def _told(group: str, batch: Batch) -> AbstractContextManager[None]:
    """Around the work on a batch: a span, where spans are wanted."""
    if tracing.active is None:
        return _NOTHING
    source = batch.lease.source
    messages = list[tuple[Mapping[str, str], str]]()
    for each in batch.records:
        named = tracing.decoded((name, value or b"") for name, value in each.headers or ())
        unnamed = ids.of_position(source.topic, batch.lease.incarnation, source.partition, each.offset)
        messages.append((named, named.get(headers.ID) or unnamed))
    return tracing.active.batch(group, source.topic, messages)


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

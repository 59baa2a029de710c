"""Compares a batch with the floor of its source: how much of it is still to do, and whether another process did some of it."""

from typing import NamedTuple

from agents.runtime import metrics
from agents.runtime.transport.lease import Batch, Reopen
from agents.runtime.transport.passing import stands_at
from stores.protocol import Floor


class Progress(NamedTuple):
    """done: everything before this offset is done.

    surprised: the floor is not where the lease expected it. Another owner has written, or an own write whose answer was lost,
    so the outbox may hold rows that this process has not published.
    """

    done: int
    surprised: bool


def progress_of(batch: Batch, floor: Floor | None, first: int) -> Progress:
    """How much of the part of the batch that begins at offset `first` is done.

    Raises Reopen if the source has no floor since its store was lost, for a hole before the batch (see progress_at), and if the
    topic was made anew since the lease was opened: the records may be of another log, and the ids of their messages differ.
    """
    if floor is None:
        raise Reopen(f"{batch.lease.source} has no floor any more")
    if floor.incarnation != batch.lease.incarnation:
        raise Reopen(f"incarnation {floor.incarnation} began, the lease is of {batch.lease.incarnation}")
    if first != batch.first:
        return Progress(floor.next, floor.next > first)
    return progress_at(batch, stands_at(batch.lease, floor.next, first))


def progress_at(batch: Batch, floor: int) -> Progress:
    """floor: offset. Raises Reopen the first time that messages are missing between the floor and the batch.

    The partition is then read again from the floor. Where they are still missing, they are gone from the log.
    """
    if batch.first > floor:
        if batch.lease.hole != floor:
            raise Reopen(f"a hole: the floor is {floor}, the batch begins at {batch.first}", hole=floor)
        # Read again from the floor, and still missing: retention or compaction removed them.
        metrics.HOLES.labels(batch.lease.source.group, batch.lease.source.topic).inc()
        return Progress(floor, False)
    if batch.first < floor:
        metrics.SURPRISES.labels(batch.lease.source.group).inc()
    return Progress(floor, batch.first < floor)

"""What the floor says about a batch: how much of it is still to do, and whether somebody else was here."""

from typing import NamedTuple

from agents.runtime import metrics
from agents.runtime.transport.lease import Batch, Reopen
from stores.errors import Conflict
from stores.protocol import Floor


class Progress(NamedTuple):
    """done: below this offset everything is done. surprised: the floor was not where the lease said, so the outbox may hold
    rows that this process knows nothing of: those of another owner, or its own after a write whose answer was lost."""

    done: int
    surprised: bool


def progress_of(batch: Batch, floor: Floor | None, first: int) -> Progress:
    """first: of the part of the batch that is done now.

    Raises Conflict where the source has no floor, Reopen for a hole before the batch, and where the topic began again since the
    lease did: these records are of another log, or have other ids than the lease believes.
    """
    if floor is None:
        raise Conflict(f"{batch.lease.source}: no floor, the partition was not opened")
    if floor.incarnation != batch.lease.incarnation:
        raise Reopen(f"incarnation {floor.incarnation} began, the lease is of {batch.lease.incarnation}")
    return progress_at(batch, floor.next) if first == batch.first else Progress(floor.next, floor.next > first)


def progress_at(batch: Batch, floor: int) -> Progress:
    """Raises Reopen for a hole before the batch, the first time that it is seen."""
    if batch.first > floor:
        if batch.lease.hole != floor:
            raise Reopen(f"a hole: the floor is {floor}, the batch begins at {batch.first}", hole=floor)
        # Read again from the floor and still missing: compaction, retention.
        metrics.HOLES.labels(batch.lease.source.group, batch.lease.source.topic).inc()
        return Progress(floor, False)
    if batch.first < floor:
        metrics.SURPRISES.labels(batch.lease.source.group).inc()
    return Progress(floor, batch.first < floor)

"""The floor's word on a batch: what of it is still to do, and whether somebody else was here."""

from typing import NamedTuple

from agents.runtime import metrics
from agents.runtime.lease import Batch, Reopen
from stores.protocol import Unit


class Standing(NamedTuple):
    """floor: below it everything is done. surprised: it was not where the lease said, so the outbox may hold rows that
    this process knows nothing of: a zombie's, or our own after a COMMIT whose answer was lost."""

    floor: int
    surprised: bool


def standing_in(unit: Unit, batch: Batch) -> Standing:
    """Of a batch in its transaction. Raises Reopen also where the topic began again since the lease did: these records are
    of another log, or have other ids than the lease believes."""
    if unit.incarnation != batch.lease.incarnation:
        raise Reopen(f"incarnation {unit.incarnation} began, the lease is of {batch.lease.incarnation}")
    return standing(batch, unit.floor)


def standing(batch: Batch, floor: int) -> Standing:
    """Raises Reopen for a hole before the batch, the first time that it is seen."""
    if batch.first > floor:
        if batch.lease.hole != floor:
            raise Reopen(f"a hole: the floor is {floor}, the batch begins at {batch.first}", hole=floor)
        # Read again from the floor and still missing: compaction, retention.
        metrics.HOLES.labels(batch.lease.source.group, batch.lease.source.topic).inc()
        return Standing(floor, False)
    if batch.first < floor:
        metrics.SURPRISES.labels(batch.lease.source.group).inc()
    return Standing(floor, batch.first < floor)

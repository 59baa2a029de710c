"""What the transport asks of a shape of work: to open a partition, run its batches, look after it and close it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.runtime.transport.lease import Batch, Lease


class Work(Protocol):
    """One shape of work on one topic, in one consumer group."""

    async def open(self, lease: Lease, earliest: int) -> None:
        """Reads the floor into the lease, and publishes what is left in the outbox. May raise anything: it is tried again.

        earliest: offset of a floor that does not exist yet.
        """
        ...

    async def run(self, batch: Batch) -> None:
        """Does everything for one batch, from decoding to publishing. Safe to call again after any failure.

        Raises Doubt (call again) or Reopen (the lease does not stand where the store does).
        """
        ...

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        """Looks after partitions without messages. Returns those that must be opened again, and why. Raises Doubt."""
        ...

    async def close(self, lease: Lease) -> None:
        """Deletes the published outbox rows of a lease that has ended, and moves its floor past what was passed over. Nothing
        depends on it. Raises Doubt."""
        ...

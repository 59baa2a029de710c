"""What the transport asks of a shape of work: to open a partition, run its batches, look after it and close it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.runtime.transport.lease import Batch, Lease


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

"""`python -m infra.bench.runtime.sides.doubled`: an agents process with a second group beside each of its own.

A second group reads the same topics from their ends on, and does nothing with a message. Idle it asks what the first one asks.
"""

import sys
from collections.abc import Mapping, Sequence

from agents.__main__ import main
from agents.runtime.runtime import Runtime
from agents.runtime.transport.lease import Batch, Lease
from agents.runtime.transport.work import Work

_works = Runtime.works


class Second:
    """See agents.runtime.transport.work.Work."""

    def __init__(self, first: Work) -> None:
        self._first = first

    async def open(self, lease: Lease, earliest: int) -> None:
        lease.next = lease.end

    async def run(self, batch: Batch) -> None: ...

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        await self._first.idle(leases)
        return {}

    async def close(self, lease: Lease) -> None: ...


def doubled(self: Runtime) -> Mapping[str, Mapping[str, Work]]:
    works = _works(self)
    seconds = {f"second.{group}": {topic: Second(work) for topic, work in of.items()} for group, of in works.items()}
    return {**works, **seconds}


if __name__ == "__main__":
    Runtime.works = doubled
    main(sys.argv[1:])

"""Passing over: the store is told later of messages that do nothing when they are read again.

Most events that a domain reads of another one concern it not at all: each event of an order is read by five domains, and most
of them have nothing to do. And an effect that has ended is recorded as such. So the floor moves past these messages together
with the next one that leads to something, or, where none comes, a little later (agents.runtime.sending.drain.Drain.catch_up).
"""

from collections.abc import Sequence

from agents.runtime.transport.lease import Batch, Lease, Passed
from stores.protocol import Changes, Moment

SOON = 0.5
"""Seconds after which the floor is moved where nothing else has moved it."""

MOST = 2_000
"""Offsets between the floor and what is done, at most: so many are read again after a kill."""


def pass_over(batch: Batch) -> bool:
    """Notes that to read the messages of the batch again does nothing. False: the batch must go to the store as any other.

    So does the first one of a lease: a partition that is opened again and again comes forward all the same. So does one after
    doubt, one before which messages may be missing, and one that would leave the floor far behind.
    """
    lease = batch.lease
    if not lease.moved or lease.doubtful or batch.first != lease.next:
        return False
    first = lease.passed.first if lease.passed is not None and not lease.passed.told else batch.first
    if batch.next - first > MOST:
        return False
    lease.passed = Passed(first, batch.next)
    return True


def stands_at(lease: Lease, floor: int, first: int) -> int:
    """Where the floor stands for a batch that begins at offset `first`: at its beginning, if all between was passed over."""
    passed = lease.passed
    return first if passed is not None and passed.first <= floor and passed.next == first > floor else floor


def moves(leases: Sequence[Lease], moment: Moment) -> tuple[dict[Lease, Changes], dict[Lease, str]]:
    """What moves the floors past what was passed over; and the leases that do not stand where the store does, and why."""
    changes, ended = dict[Lease, Changes](), dict[Lease, str]()
    for lease in leases:
        passed, floor = lease.passed, moment.floors.get(lease.source)
        if passed is None or passed.told:
            continue
        if floor is None or floor.incarnation != lease.incarnation or floor.next < passed.first:
            ended[lease] = f"the floor is {floor}, offsets {passed.first} to {passed.next} were passed over"
        elif floor.epoch == lease.epoch and floor.next < passed.next:
            changes[lease] = Changes(next=passed.next)
        else:
            lease.passed = passed._replace(told=True)  # another owner reads them, or is further
    return changes, ended

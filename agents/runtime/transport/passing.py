"""Passing over: messages that lead to nothing cost the store nothing.

Most events that a domain reads of another one concern it not at all: each event of an order is read by five domains, and most
of them have nothing to do. To read such a message again does no harm. So it is not entered in the inbox, and the floor moves
past it together with the next message that leads to something, or, where none comes, a little later
(agents.runtime.sending.drain.Drain.catch_up).
"""

from collections.abc import Sequence

from agents.runtime.transport.lease import Batch, Lease, Passed
from stores.protocol import Changes, Moment

SOON = 0.5
"""Seconds after which the floor is moved where nothing else has moved it."""

MOST = 2_000
"""Offsets between the floor and what is done, at most: so many are read again after a kill."""


def pass_over(batch: Batch) -> bool:
    """Notes that the messages of the batch lead to nothing. False: the batch must go to the store as any other, since messages
    may be missing before it, or since the floor is far behind."""
    lease = batch.lease
    if batch.first != lease.next:
        return False
    first = batch.first if lease.passed is None else lease.passed.first
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
        if passed is None:
            continue
        if floor is None or floor.incarnation != lease.incarnation or floor.next < passed.first:
            ended[lease] = f"the floor is {floor}, offsets {passed.first} to {passed.next} were passed over"
        elif floor.next < passed.next:
            changes[lease] = Changes(next=passed.next)
        else:
            lease.passed = None  # another owner is further
    return changes, ended

"""An opening that fails half way: what it got out is not sent again by the next try."""

import asyncio

from agents.runtime.transport.lease import TP, Batch, Lease
from agents.runtime.transport.leases import Leases
from stores.errors import Unavailable
from tests.deadline import within

PLACE = TP("basket_commands", 0)


class Log:
    """A partition with nothing in it."""

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def bounds(self, tp: TP) -> tuple[int, int]:
        return 0, 0

    async def seek(self, tp: TP, offset: int) -> None: ...

    def poke(self) -> None: ...


class RedisAwayAtFirst:
    """Its events go out, its answers do not until the third try. seen: rows known to be out, at each try."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.done = asyncio.Event()

    async def open(self, lease: Lease, earliest: int) -> None:
        self.seen.append(list(lease.sent))
        if not lease.sent:
            lease.sent.extend((7, 8))
        if len(self.seen) < 3:
            raise Unavailable("Redis", "away")
        self.done.set()

    async def run(self, batch: Batch) -> None: ...

    async def idle(self, lease: Lease) -> None: ...

    async def close(self, lease: Lease) -> None: ...


async def test_a_second_try_knows_what_the_first_one_sent():
    work = RedisAwayAtFirst()
    leases = Leases("basket.decide", {PLACE.topic: work})
    leases.attach(Log())
    leases.open_assigned()
    await within("an opening", work.done.wait())
    assert work.seen == [[], [7, 8], [7, 8]]
    await leases.shut(0)

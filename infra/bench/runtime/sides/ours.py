"""Side b: the product's runtime, as a domain uses it."""

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvloop

from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.process import Process
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.group import Group
from agents.runtime.transport.lease import Batch, Lease
from agents.runtime.transport.work import Work
from infra.bench.runtime import counter
from infra.bench.runtime.meter import Job, Meter
from infra.bench.runtime.stores import STORES
from stores import telemetry
from stores.redis.connection import connect as connect_redis
from stores.redis.fates import Fates
from stores.redis.replies import Replies
from stores.settings import load


class Metered:
    """A work that counts what is done."""

    def __init__(self, work: Work, meter: Meter) -> None:
        self._work = work
        self._meter = meter

    async def open(self, lease: Lease, earliest: int) -> None:
        await self._work.open(lease, earliest)

    async def idle(self, leases: Sequence[Lease]) -> Mapping[Lease, str]:
        return await self._work.idle(leases)

    async def close(self, lease: Lease) -> None:
        await self._work.close(lease)

    async def run(self, batch: Batch) -> None:
        await self._work.run(batch)
        self._meter.count(len(batch.records))


async def run(job: Job, data: Path) -> None:
    settings, meter = load(), Meter(job.total)
    on = STORES[job.store]
    store = await on.store(on.url(settings), job.schema)
    redis = connect_redis(settings.redis)
    roles = Roles(counter.commands(job.topic), counter.EVENTS, counter.DECIDER)
    work = Metered(Deciding(roles, store, Drain(store, Publisher(settings.kafka), Replies(redis)), Fates(redis)), meter)
    group = Group(job.schema, settings.kafka, {job.topic: work})
    running = asyncio.create_task(Process([group]).run())
    done = asyncio.create_task(meter.done.wait())
    await asyncio.wait((running, done), return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        raise RuntimeError(f"ended before all was done, with {await running}")
    meter.tell()
    # as the product does: closing the loop waits for Faust's threads
    os._exit(0)


if __name__ == "__main__":
    telemetry.configure("bench", "warning")
    with tempfile.TemporaryDirectory(prefix="lezzet-bench-") as folder:
        uvloop.run(run(Job.of_arguments(), Path(folder)))

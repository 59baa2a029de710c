"""Side c: aiokafka and asyncpg with nothing between, one loop a partition, the same statements a batch.

It decodes, decides and encodes what the runtime does and publishes the same events. It keeps none of the runtime's
promises beyond that: no leases, no retries, no parking, no dead letters, no answers.
"""

import asyncio
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from infra.bench.meter import Job, Meter
from infra.bench.sides.straight import Straight
from stores.postgres import statements
from stores.postgres.store import connect
from stores.settings import load

MOST = 500  # records of a batch, as in agents/runtime/transport/fetching.py


class Loop:
    """One partition."""

    def __init__(self, straight: Straight, pool: asyncpg.Pool, producer: AIOKafkaProducer, meter: Meter) -> None:
        self._straight = straight
        self._pool = pool
        self._producer = producer
        self._meter = meter
        self._sent: list[tuple[int, int, int]] = []

    async def run(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> None:
        async with self._pool.acquire() as connection:
            await connection.execute(statements.OPEN, *self._straight.source(tp.partition), 0)
        while True:
            for records in (await consumer.getmany(tp, timeout_ms=500, max_records=MOST)).values():
                await self._batch(tp.partition, records)
                self._meter.count(len(records))

    async def _batch(self, partition: int, records: list[Any]) -> None:
        straight, source = self._straight, self._straight.source(partition)
        commands = [straight.read(record.headers, record.key, record.value, record.timestamp) for record in records]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(statements.LOOK, *straight.wanted(commands, source))
            work, after = straight.decide(commands, rows), records[-1].offset + 1
            statement, arguments = work.write(source, after, self._sent)
            await connection.fetch(statement, *arguments)
        acks = [
            await self._producer.send(straight.events, event.body, key=event.key, headers=event.headers)
            for event in work.events
        ]
        await asyncio.gather(*acks)
        self._sent = work.ids(after)


async def run(job: Job) -> None:
    settings, meter = load(), Meter(job.total)
    pool = await connect(settings.postgres, job.schema)
    consumer = AIOKafkaConsumer(bootstrap_servers=",".join(settings.kafka), enable_auto_commit=False)
    producer = AIOKafkaProducer(
        bootstrap_servers=",".join(settings.kafka), acks="all", enable_idempotence=True, max_batch_size=256 * 1024
    )
    await asyncio.gather(consumer.start(), producer.start())
    partitions = [TopicPartition(job.topic, p) for p in range(4)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    straight = Straight(job.schema, job.topic)
    loops = [asyncio.ensure_future(Loop(straight, pool, producer, meter).run(consumer, tp)) for tp in partitions]
    done = asyncio.ensure_future(meter.done.wait())
    await asyncio.wait((*loops, done), return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        await asyncio.gather(*loops)
    meter.tell()
    for task in loops:
        task.cancel()
    await asyncio.gather(consumer.stop(), producer.stop(), *loops, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(run(Job.of_arguments()))

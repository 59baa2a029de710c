"""Side c: aiokafka and the database's driver with nothing between, one loop a partition, the same statements a batch.

It decodes, decides and encodes what the runtime does and publishes the same events. It keeps none of the runtime's
promises beyond that: no leases, no retries, no parking, no dead letters, no answers.
"""

import asyncio
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from infra.bench.runtime.meter import Job, Meter
from infra.bench.runtime.sides.statements import Statements, opened
from infra.bench.runtime.sides.straight import RowIds, Straight
from stores.settings import Settings, load

MOST = 500  # records of a batch, as in agents/runtime/transport/fetching.py


class Loop:
    """One partition."""

    def __init__(self, straight: Straight, store: Statements, producer: AIOKafkaProducer, meter: Meter) -> None:
        self._straight = straight
        self._store = store
        self._producer = producer
        self._meter = meter
        self._sent: RowIds = ()

    async def run(self, consumer: AIOKafkaConsumer, tp: TopicPartition) -> None:
        await self._store.open(self._straight.source(tp.partition))
        while True:
            for records in (await consumer.getmany(tp, timeout_ms=500, max_records=MOST)).values():
                await self._batch(tp.partition, records)
                self._meter.count(len(records))

    async def _batch(self, partition: int, records: list[Any]) -> None:
        straight, source = self._straight, self._straight.source(partition)
        commands = [straight.read(record.headers, record.key, record.value, record.timestamp) for record in records]
        work, after = straight.decide(commands, await self._store.look(commands, source)), records[-1].offset + 1
        await self._store.write(work, source, after, self._sent)
        acks = [
            await self._producer.send(straight.events, event.body, key=event.key, headers=event.headers)
            for event in work.events
        ]
        await asyncio.gather(*acks)
        self._sent = work.ids(after)


async def run(job: Job) -> None:
    settings = load()
    async with opened(job.store, settings, job.schema) as store:
        await _run(job, settings, store)


async def _run(job: Job, settings: Settings, store: Statements) -> None:
    meter = Meter(job.total)
    consumer = AIOKafkaConsumer(**settings.kafka.arguments(), enable_auto_commit=False)
    producer = AIOKafkaProducer(
        **settings.kafka.arguments(), acks="all", enable_idempotence=True, max_batch_size=256 * 1024
    )
    await asyncio.gather(consumer.start(), producer.start())
    partitions = [TopicPartition(job.topic, p) for p in range(4)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    straight = Straight(job.schema, job.topic)
    loops = [asyncio.ensure_future(Loop(straight, store, producer, meter).run(consumer, tp)) for tp in partitions]
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

"""Puts many messages into topics fast: one producer, whole batches, as agents publish them under load."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from stores.kafka.partitioning import partition_of
from topics.contracts import all_topics

_TOGETHER = 50  # messages of a batch in the log


class Record(NamedTuple):
    topic: str
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    body: bytes


async def fill(brokers: str, records: Iterable[Record]) -> None:
    """The topics have to be there. Messages of a partition stay in their order."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, max_batch_size=1024 * 1024)
    await producer.start()
    try:
        together, counts = dict[tuple[str, int], list[Record]](), {t.name: t.partitions for t in all_topics().values()}
        for record in records:
            place = record.topic, partition_of(record.key, counts[record.topic])
            waiting = together.setdefault(place, [])
            waiting.append(record)
            if len(waiting) == _TOGETHER:
                await _send(producer, place, together.pop(place))
        for place, waiting in together.items():
            await _send(producer, place, waiting)
        await producer.flush()
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, place: tuple[str, int], waiting: Sequence[Record]) -> None:
    batch = producer.create_batch()
    for each in waiting:
        if batch.append(key=each.key, value=each.body, timestamp=None, headers=each.headers) is None:
            raise ValueError(f"{len(waiting)} messages of {each.topic} are too large for a batch")
    await producer.send_batch(batch, place[0], partition=place[1])

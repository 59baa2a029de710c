"""Whole topics as they stand in Kafka, for audits."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from topics.contracts import all_topics
from topics.messages import headers


@dataclass(frozen=True, slots=True)
class Entry:
    """headers: as text. body: empty for a tombstone. at: the record's time, Unix seconds."""

    topic: str
    partition: int
    offset: int
    headers: dict[str, str]
    body: bytes
    at: float = 0.0

    @property
    def id(self) -> str:
        return self.headers.get(headers.ID, "")

    @property
    def type(self) -> str:
        return self.headers.get(headers.TYPE, "")

    @property
    def schema_version(self) -> str | None:
        return self.headers.get(headers.SCHEMA_VERSION)

    @property
    def cause(self) -> str:
        return self.headers.get(headers.CAUSATION, "")

    @property
    def correlation(self) -> str:
        return self.headers.get(headers.CORRELATION, "")

    @property
    def aggregate(self) -> str:
        return self.headers.get(headers.SUBJECT, "")

    @property
    def version(self) -> int:
        return int(self.headers.get(headers.SEQUENCE, "0"))


async def ends(brokers: str, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """(topic, partition) → the offset after the last message."""
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers)
    await consumer.start()
    try:
        found = await consumer.end_offsets(_places(names))
        return {(place.topic, place.partition): end for place, end in found.items()}
    finally:
        await consumer.stop()


async def read(brokers: str, names: Iterable[str], types: Container[str] | None = None) -> dict[str, list[Entry]]:
    """Everything, by topic; of one partition in its order. types: only messages of these."""
    found: dict[str, list[Entry]] = {name: [] for name in names}
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = _places(found)
        consumer.assign(places)
        last = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < end for place, end in last.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    named = {name: value.decode(errors="replace") for name, value in record.headers}
                    if types is None or named.get(headers.TYPE) in types:
                        at, body = record.timestamp / 1000, record.value or b""
                        found[record.topic].append(
                            Entry(record.topic, record.partition, record.offset, named, body, at)
                        )
        return found
    finally:
        await consumer.stop()


def _places(names: Iterable[str]) -> list[TopicPartition]:
    partitions = {topic.name: topic.partitions for topic in all_topics().values()}
    return [TopicPartition(name, n) for name in names for n in range(partitions.get(name, 1))]

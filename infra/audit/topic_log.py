"""Whole topics as they stand in Kafka, for audits."""

from collections.abc import AsyncGenerator, Container, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from stores.kafka.log import Logged, open_log
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
    def domain(self) -> str:
        return self.topic.rpartition("_")[0]

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


async def events(brokers: str, domain: str) -> AsyncGenerator[Entry]:
    """All events of a domain, in the order of their versions for each aggregate."""
    async with open_log(brokers.split(",")) as log:
        # One partition after the other: where a topic was raised, keys have moved to a higher one.
        for place in log.places([f"{domain}_events"]):
            bound = (await log.bounds([place]))[place]
            async for chunk in log.read({place: bound.first}, {place: bound.end}):
                for each in chunk:
                    yield _entry(each)


def _entry(each: Logged) -> Entry:
    named = {name: value.decode(errors="replace") for name, value in each.headers}
    return Entry(each.topic, each.partition, each.offset, named, each.body or b"", each.at.timestamp())


async def ends(brokers: str, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """(topic, partition) → the offset after the last message, of those that are there."""
    async with open_log(brokers.split(",")) as log:
        return {tuple(place): bound.end for place, bound in (await log.bounds(log.places(names))).items()}


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

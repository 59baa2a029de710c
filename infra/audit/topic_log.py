"""Whole topics as they stand in Kafka, for audits."""

from collections.abc import AsyncGenerator, Container, Iterable
from dataclasses import dataclass

from stores.kafka.brokers import Brokers
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


async def events(brokers: Brokers, domain: str) -> AsyncGenerator[Entry]:
    """All events of a domain, in the order of their versions for each aggregate."""
    async with open_log(brokers) as log:
        # One partition after the other: where a topic was raised, keys have moved to a higher one.
        for place in log.places([f"{domain}_events"]):
            bound = (await log.bounds([place]))[place]
            async for chunk in log.read({place: bound.first}, {place: bound.end}):
                for each in chunk:
                    yield _entry(each)


def _entry(each: Logged) -> Entry:
    named = {name: value.decode(errors="replace") for name, value in each.headers}
    return Entry(each.topic, each.partition, each.offset, named, each.body or b"", each.at.timestamp())


async def ends(brokers: Brokers, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """(topic, partition) → the offset after the last message, of those that are there."""
    async with open_log(brokers) as log:
        return {place: bound.end for place, bound in (await log.bounds(log.places(names))).items()}


async def read(brokers: Brokers, names: Iterable[str], types: Container[str] | None = None) -> dict[str, list[Entry]]:
    """Everything, by topic; of one partition in its order. types: only messages of these."""
    found: dict[str, list[Entry]] = {name: [] for name in names}
    async with open_log(brokers) as log:
        bounds = await log.bounds(log.places(found))
        starts, ends = {p: b.first for p, b in bounds.items()}, {p: b.end for p, b in bounds.items()}
        async for chunk in log.read(starts, ends):
            for entry in map(_entry, chunk):
                if types is None or entry.type in types:
                    found[entry.topic].append(entry)
    return found


async def dead_letters(brokers: Brokers) -> list[Entry]:
    """Of all topics."""
    found = await read(brokers, [topic.dead_letters for topic in all_topics().values()])
    return [entry for entries in found.values() for entry in entries]

"""Topics that have other numbers of partitions here than their contracts say, and where their logs stood when they were raised.

The record of it stands in Kafka, beside what it is about: who loses Kafka loses both. It is a compacted topic without a
contract, by name of the topic. It is made by the first raise, so most deployments have none.
"""

from collections.abc import Mapping, Sequence

import msgspec

from stores.kafka.admin import make_topic
from stores.kafka.brokers import Brokers
from stores.kafka.errors import translated
from stores.kafka.log import LogReader, Place, open_log
from stores.kafka.raw import RawRecord, open_raw
from topics.messages.topic import Topic

RECORD = "lezzet_partitions"
_SETTINGS = {"cleanup.policy": "compact", "retention.ms": "-1", "retention.bytes": "-1"}


class Growth(msgspec.Struct, frozen=True):
    """Of one topic. partitions: how many it has now. ends: of each raise, where the log of each partition ended that was there
    before it; by partition, the oldest raise first."""

    partitions: int
    ends: tuple[tuple[int, ...], ...] = ()

    @property
    def first(self) -> int:
        """How many partitions it had at the beginning."""
        return len(self.ends[0]) if self.ends else self.partitions

    def stretches(self, root: int) -> list[tuple[int, int | None]]:
        """Where the messages of the keys stand that were in the partition `root` at the beginning, the oldest first.

        (partition, offset up to which), None for the end of its log. What is read in this order is in order for each key.
        """
        found: list[tuple[int, int | None]] = []
        for ends in self.ends:
            found += [(partition, ends[partition]) for partition in range(root, len(ends), self.first)]
        return found + [(partition, None) for partition in range(root, self.partitions, self.first)]

    def partitions_at(self, partition: int, offset: int) -> int:
        """How many partitions it had when this offset was appended."""
        for ends in self.ends:
            if partition < len(ends) and offset < ends[partition]:
                return len(ends)
        return self.partitions

    def raised(self, partitions: int, ends: Sequence[int]) -> "Growth":
        """After one more raise. A raise that was recorded and not made is replaced by it: it began at as many partitions."""
        before = tuple(each for each in self.ends if len(each) < len(ends))
        return Growth(partitions, (*before, tuple(ends)))

    def before(self, partition: int) -> tuple[int, int] | None:
        """The partition that had the keys of this one before the raise that has made it, and where its log ended then. None for
        one that was there from the beginning.

        The number after a raise is a multiple of the one before. So all keys of a new partition come from one old partition.
        """
        made_by = next((each for each in reversed(self.ends) if len(each) <= partition), None)
        return None if made_by is None else (partition % len(made_by), made_by[partition % len(made_by)])


class Counts:
    """How many partitions the topics have in this deployment: as their contracts say, until `know` is called."""

    def __init__(self, grown: Mapping[str, Growth] | None = None) -> None:
        self._grown = dict(grown or {})

    def know(self, grown: Mapping[str, Growth]) -> None:
        self._grown = dict(grown)

    def of(self, topic: Topic) -> int:
        grown = self._grown.get(topic.name)
        return topic.partitions if grown is None else grown.partitions

    def growth(self, topic: Topic) -> Growth:
        return self._grown.get(topic.name) or Growth(topic.partitions)

    def before(self, topic: str, partition: int) -> tuple[int, int] | None:
        """See Growth.before. Who reads the partition must have read the other one up to there: older messages of the same keys
        stand in it."""
        grown = self._grown.get(topic)
        return None if grown is None else grown.before(partition)


_decode = msgspec.json.Decoder(Growth).decode


async def read_growth(brokers: Brokers) -> dict[str, Growth]:
    """By name of the topic. Raises Unavailable."""
    async with open_log(brokers) as log:
        return await growth_in(log)


async def growth_in(log: LogReader) -> dict[str, Growth]:
    """As read_growth, of a log that is open."""
    place = Place(RECORD, 0)
    if RECORD not in log.topics:
        return {}
    bound = (await log.bounds([place]))[place]
    chunks = log.read({place: bound.first}, {place: bound.end})
    return {(each.key or b"").decode(): _decode(each.body or b"") async for chunk in chunks for each in chunk}


async def write_growth(brokers: Brokers, topic: str, growth: Growth) -> None:
    """Raises Unavailable: it may be written, or may not."""
    async with translated():
        await make_topic(brokers, RECORD, 1, _SETTINGS)
    async with open_raw(brokers) as producer:
        await producer.send(RawRecord(RECORD, topic.encode(), (), msgspec.json.encode(growth), 0))

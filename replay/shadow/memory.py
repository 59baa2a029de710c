"""A log in memory, read as the one of Kafka is: of a recorded set, or of a test."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from replay.log.scan import Keys, Log, Window
from stores.engineering import Entered
from stores.kafka.filtering import RecordFilter
from stores.kafka.log import Bounds, Logged, Place
from stores.kafka.partitioning import partition_of
from stores.protocol import InboxKey
from topics.messages.topic import PARTITIONS

_RECORDS_OF_A_KEY = 20


async def all_of_keys(log: Log, chosen: Window, keys: frozenset[bytes], expected: int = 0) -> tuple[list[Logged], int]:
    """The records with one of these keys, those of each partition in their order; and how many records there are.

    expected: about how many have one of the keys, where that is known.
    """
    # With a key for a few records nearly every batch has one of them: looking for keys in its bytes would pass over none.
    pays = chosen.messages > max(_RECORDS_OF_A_KEY * len(keys), 2 * expected)
    record_filter = Keys(keys) if pays else None
    chunks = log.read(chosen.starts, chosen.ends, record_filter)
    return [each async for chunk in chunks for each in chunk if each.key in keys], chosen.messages


class Inbox(Protocol):
    """What is asked of the domains' stores: see stores.engineering.Domains."""

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> Mapping[InboxKey, Entered]: ...


class MemoryLog:
    """Each topic has as many partitions as contracts have. A record stands in the partition of its key, in the order in which
    it came; its offset is its place there."""

    def __init__(self, records: Iterable[Logged] = ()) -> None:
        self._records: dict[Place, list[Logged]] = defaultdict(list)
        for record in records:
            self.append(record)

    def append(self, record: Logged) -> Logged:
        """Returns it as it stands in the log."""
        place = Place(record.topic, partition_of(record.key or b"", PARTITIONS))
        there = self._records[place]
        there.append(replace(record, partition=place.partition, offset=len(there)))
        return there[-1]

    def of_key(self, topic: str, key: str) -> list[Logged]:
        there = self._records.get(Place(topic, partition_of(key.encode(), PARTITIONS)), ())
        return [record for record in there if record.key == key.encode()]

    @property
    def topics(self) -> Mapping[str, int]:
        return {place.topic: PARTITIONS for place in self._records}

    async def bounds(self, places: Sequence[Place]) -> dict[Place, Bounds]:
        return {place: Bounds(0, len(self._records.get(place, ()))) for place in places}

    async def since(self, places: Sequence[Place], at: datetime) -> dict[Place, int]:
        later = {place: [each.offset for each in self._records.get(place, ()) if each.at >= at] for place in places}
        return {place: found[0] for place, found in later.items() if found}

    async def read(
        self, starts: Mapping[Place, int], ends: Mapping[Place, int], record_filter: RecordFilter | None = None
    ) -> AsyncGenerator[list[Logged]]:
        """All of it: a filter may let through more than it wants."""
        for place, start in starts.items():
            yield self._records.get(place, [])[start : ends[place]]


class MemoryInbox:
    def __init__(self, entered: Mapping[str, Mapping[InboxKey, Entered]]) -> None:
        self._entered = entered

    async def entered(self, domain: str, messages: Sequence[InboxKey]) -> Mapping[InboxKey, Entered]:
        known = self._entered.get(domain, {})
        return {message: known[message] for message in messages if message in known}

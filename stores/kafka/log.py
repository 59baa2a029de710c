"""Reads topics without a consumer group, for the engineers' tools: no offsets are moved."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast

import msgspec
from aiokafka import AIOKafkaClient, AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stores.errors import Unavailable
from stores.kafka import records
from stores.kafka.brokers import Brokers
from stores.kafka.errors import translated
from stores.kafka.filtering import FilteringDeserializer, RecordFilter
from stores.kafka.in_flight import never_stand_still

START_SECONDS = 8.0  # for a broker that accepts a connection and does not answer
SILENT_SECONDS = 15.0  # without a record, though there must be one
_CHUNK = 2_000  # records handed over at once
_FETCH = 4 * 1024 * 1024  # bytes a partition: as large as a dead letter may be
_AT_ONCE = 16 * 1024 * 1024  # bytes of a fetch; three times as much is in memory while it is read
# ms that a step waits for records: of a reading that has an end, and of one that has none. A fetch of which a filter lets
# nothing through wakes nobody, so a reading may notice only then that it is at its end.
_WAIT, _WAIT_TO_FOLLOW = 10, 300
# ms that a broker holds a fetch which finds nothing. It answers the requests of a connection in turn, so the next reading waits
# for the fetch that the one before has left at the end of its partitions.
_HELD, _HELD_TO_FOLLOW = 10, 200


class Place(NamedTuple):
    topic: str
    partition: int


class Bounds(NamedTuple):
    """first: the oldest offset that is there. end: the one after the last."""

    first: int
    end: int


class Logged(msgspec.Struct, frozen=True, gc=False):
    """A record as it is in the log. at: UTC; the append time or the producer's, as the topic is set.

    gc=False: a reading holds very many, and nothing in them can be part of a circle.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    body: bytes | None

    @property
    def place(self) -> Place:
        return Place(self.topic, self.partition)


class Step(NamedTuple):
    """records: that came. passed: how many offsets of the partitions that have an end are read so far."""

    records: list[Logged]
    passed: int


class LogReader:
    """`async with open_log(brokers) as log`. One reading at a time. Everything raises Unavailable."""

    def __init__(
        self, consumer: AIOKafkaConsumer, topics: Mapping[str, int], deserializer: FilteringDeserializer
    ) -> None:
        self._consumer = consumer
        self._deserializer = deserializer
        self.topics = topics  # name → number of partitions, as they were at the opening

    def places(self, topics: Iterable[str]) -> list[Place]:
        return [Place(topic, number) for topic in topics for number in range(self.topics.get(topic, 0))]

    async def bounds(self, places: Sequence[Place]) -> dict[Place, Bounds]:
        if not places:
            return {}
        wanted = self._choose(places)
        async with translated():
            first, end = await asyncio.gather(
                self._consumer.beginning_offsets(wanted), self._consumer.end_offsets(wanted)
            )
        return {place: Bounds(first[tp], end[tp]) for place, tp in zip(places, wanted, strict=True)}

    async def since(self, places: Sequence[Place], at: datetime) -> dict[Place, int]:
        """The first offset at or after that time, for each partition that has one."""
        if not places:
            return {}
        moment = max(
            0, int(at.timestamp() * 1000)
        )  # no record is older than 1970, and the client refuses a time before it
        wanted = self._choose(places)
        async with translated():
            found = await self._consumer.offsets_for_times(dict.fromkeys(wanted, moment))
        return {Place(*tp): there.offset for tp, there in found.items() if there is not None}

    async def read(
        self,
        starts: Mapping[Place, int],
        ends: Mapping[Place, int] | None = None,
        record_filter: RecordFilter | None = None,
    ) -> AsyncGenerator[list[Logged]]:
        """Chunks of records, from offsets `starts` to before `ends`, or for ever without `ends`. In order a partition.
        record_filter: only those that it lets through."""
        self._deserializer.record_filter = record_filter
        try:
            async with contextlib.aclosing(self._steps(starts, ends)) as steps:
                async for step in steps:
                    if step.records:
                        yield step.records
        finally:
            self._deserializer.record_filter = None

    async def scan(
        self, starts: Mapping[Place, int], ends: Mapping[Place, int], record_filter: RecordFilter
    ) -> AsyncGenerator[Step]:
        """As `read`, of the records that the filter lets through. A step every 10 ms at least, also without records."""
        self._deserializer.record_filter = record_filter
        try:
            async with contextlib.aclosing(self._steps(starts, ends)) as steps:
                async for step in steps:
                    yield step
        finally:
            self._deserializer.record_filter = None

    async def _steps(self, starts: Mapping[Place, int], ends: Mapping[Place, int] | None) -> AsyncGenerator[Step]:
        left = {TopicPartition(*p): None if ends is None else ends[p] for p in starts}
        left = {tp: end for tp, end in left.items() if end is None or starts[Place(*tp)] < end}
        if not left:
            return  # aiokafka takes long to stop a consumer that has nothing assigned
        self._choose([Place(*tp) for tp in left])
        for tp in left:
            self._consumer.seek(tp, starts[Place(*tp)])
            self._consumer.resume(tp)
        wait = _WAIT_TO_FOLLOW if ends is None else _WAIT
        heard, passed, read = asyncio.get_running_loop().time(), -1, 0
        while left:
            async with translated():
                got = await self._consumer.getmany(timeout_ms=wait, max_records=_CHUNK)
            chunk = _before(cast(_Got, got), left)  # see logged()
            if ends is not None:
                done, under_way = await self._finish(left, starts)
                read += done
                now = read + under_way
                heard, passed = _still_there(heard, now > passed), now
            yield Step(chunk, max(0, passed))

    async def _finish(self, left: dict[TopicPartition, int | None], starts: Mapping[Place, int]) -> tuple[int, int]:
        """Removes partitions that are read to their end. Returns how many offsets those had, and how many of the others are
        read. The position says so, not the records: transaction markers and removed records are never handed over."""
        done = under_way = 0
        for tp, end in list(left.items()):
            start, position = starts[Place(*tp)], await self._consumer.position(tp)
            if end is not None and position >= end:
                del left[tp]
                self._consumer.pause(tp)
                done += end - start
            else:
                under_way += position - start
        return done, under_way

    def _choose(self, places: Sequence[Place]) -> list[TopicPartition]:
        wanted = [TopicPartition(*place) for place in places]
        self._consumer.assign(wanted)
        self._consumer.pause(*wanted)  # nothing is fetched before it is asked for
        return wanted


_Got = Mapping[TopicPartition, list[Logged]]


def _before(got: _Got, ends: Mapping[TopicPartition, int | None]) -> list[Logged]:
    """ends: None for a partition that is read for ever; one that is not there is read to its end already."""
    found = list[Logged]()
    for tp, there in got.items():
        end = ends.get(tp, 0)
        if end is None or there[-1].offset < end:
            found += there
        else:
            found += [record for record in there if record.offset < end]
    return found


def _still_there(heard: float, got: bool) -> float:
    now = asyncio.get_running_loop().time()
    if not got and now - heard > SILENT_SECONDS:
        raise Unavailable("Kafka", f"nothing came for {SILENT_SECONDS:.0f} s, though the log goes on")
    return now if got else heard


def logged(topic: str, partition: int, record: Any) -> Logged:
    """What the consumer hands over in place of aiokafka's record. record: of a batch that was taken apart."""
    named = tuple(record.headers)
    for _, value in named:
        if value is None:
            named = tuple((name, value or b"") for name, value in named)
            break
    return Logged(topic, partition, record.offset, _at(record.timestamp), record.key, named, record.value)


@lru_cache(1024)
def _at(timestamp: int) -> datetime:
    """Messages of a batch often have the same one."""
    return datetime.fromtimestamp(timestamp / 1000, UTC)


@contextlib.asynccontextmanager
async def open_log(brokers: Brokers, *, follows: bool = False) -> AsyncGenerator[LogReader]:
    """Raises Unavailable where no broker answers. follows: it reads for ever, and mostly waits for what comes."""
    records.read_everything()
    topics, deserializer = await _topics(brokers), FilteringDeserializer(logged)
    consumer = AIOKafkaConsumer(
        **brokers.arguments(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",  # as the agents read
        max_partition_fetch_bytes=_FETCH,
        fetch_max_bytes=_AT_ONCE,
        value_deserializer=deserializer,
        fetch_max_wait_ms=_HELD_TO_FOLLOW if follows else _HELD,
        max_poll_records=_CHUNK,
    )
    try:
        async with translated(), asyncio.timeout(START_SECONDS):
            await consumer.start()
        never_stand_still(consumer)
        yield LogReader(consumer, topics, deserializer)
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(consumer.stop(), START_SECONDS)


async def _topics(brokers: Brokers) -> dict[str, int]:
    client = AIOKafkaClient(**brokers.arguments())
    try:
        async with translated(), asyncio.timeout(START_SECONDS):
            await client.bootstrap()
            cluster = await client.fetch_all_metadata()
        names = sorted(name for name in cluster.topics() if not name.startswith("__"))
        return {name: len(cluster.partitions_for_topic(name) or ()) for name in names}
    finally:
        await client.close()

"""Skips the batches of a log that hold no record that is looked for, without decoding them.

A search reads far more records than it wants. To decode one record costs microseconds; to look for a few bytes in a whole batch
of hundreds costs as much.
"""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from aiokafka.record.memory_records import MemoryRecords

from stores.kafka.codecs import DECODERS

# A batch in the log, https://kafka.apache.org/documentation/#recordbatch: places of fields, in bytes.
_BASE_OFFSET, _MAGIC, ATTRIBUTES, _LAST_OFFSET_DELTA, _COUNT = 0, 16, 22, 23, 57
HEADER_BYTES = 61  # before its records
CODEC_BITS = 7  # of the byte at ATTRIBUTES: how the records are compressed, 0 for not
_TRANSACTIONAL_BIT, _CONTROL_BIT = 16, 32  # of the same
_NEWEST_MAGIC = 2  # older formats have other fields
_int64 = struct.Struct(">q").unpack_from
_int32 = struct.Struct(">i").unpack_from

RecordHeaders = Iterable[tuple[str, bytes | None]]


class RecordFilter(Protocol):
    """Which records are looked for. Both answers may be yes for what is not wanted, and are never no for what is."""

    def may_hold(self, records: bytes, count: int) -> bool:
        """Whether one of these records may be wanted. records: as they stand in the log, uncompressed, perhaps with headers of
        batches between them. count: of the records."""
        ...

    def wants(self, key: bytes | None, body: bytes | None, headers: RecordHeaders) -> bool:
        """Whether this record may be wanted."""
        ...


class FilteringDeserializer:
    """Brings the filter to where aiokafka decodes batches (stores/kafka/records.py): of what a consumer is made with, its
    deserializer of bodies is all that this part of aiokafka gets to see. Bodies stay as they are.

    record_filter: for what is fetched from now on; None lets all records through. made: (topic, partition, record of a batch) →
    what the consumer hands over in place of aiokafka's record; it needs an `offset`.
    """

    def __init__(self, made: Callable[[str, int, Any], Any]) -> None:
        self.record_filter: RecordFilter | None = None
        self.made = made

    def __call__(self, body: bytes | None) -> bytes | None:
        return body


class _SkippedBatches(NamedTuple):
    """An empty batch in place of those that were skipped, so that the consumer's position moves on. The names are those of
    aiokafka's batches. next_offset: after the last of them."""

    next_offset: int
    producer_id: int | None = None
    is_control_batch: bool = False

    def validate_crc(self) -> bool:
        return True  # nothing of them is used

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class _FilteredBatch:
    """A batch that hands over only the records that may be wanted. The names are those of aiokafka's batches."""

    def __init__(self, batch: Any, record_filter: RecordFilter) -> None:
        self._batch, self._wants = batch, record_filter.wants
        self.validate_crc = batch.validate_crc
        self.producer_id, self.base_offset, self.next_offset = batch.producer_id, batch.base_offset, batch.next_offset
        self.is_control_batch, self.is_transactional = batch.is_control_batch, batch.is_transactional

    def __iter__(self) -> Iterator[Any]:
        wants = self._wants
        return (record for record in self._batch if wants(record.key, record.value, record.headers))

    def __next__(self) -> Any:
        return next(self._batch)  # aiokafka reads control batches so


class FilteredFetch:
    """What one fetch brought of a partition, without batches that hold nothing. aiokafka reads it by has_next and next_batch,
    as it reads its own MemoryRecords.

    data: the batches. places: (begin, end) of each in it. aborted: whether transactions in it were aborted. Then batches of
    transactions and their markers are never skipped: aiokafka leaves aborted records out by these markers.
    """

    def __init__(
        self, data: bytes, places: Iterable[tuple[int, int]], record_filter: RecordFilter, *, aborted: bool
    ) -> None:
        self._data, self._filter, self._aborted = data, record_filter, aborted
        self._places = list(places)
        self._at = 0  # in `places`
        self._ready: _FilteredBatch | None = None  # to be handed over after the skipped ones before it
        self._skip_all_to = self._next_offset_if_empty()

    def has_next(self) -> bool:
        return self._skip_all_to is not None or self._ready is not None or self._at < len(self._places)

    def next_batch(self) -> Any:
        """The next batch that may hold something, or one _SkippedBatches for those before it."""
        if self._skip_all_to is not None:
            next_offset, self._skip_all_to, self._at = self._skip_all_to, None, len(self._places)
            return _SkippedBatches(next_offset)
        if self._ready is not None:
            ready, self._ready = self._ready, None
            return ready
        skipped_to: int | None = None
        while self._at < len(self._places):
            start, end = self._places[self._at]
            self._at += 1
            if self._may_hold(start, end):
                batch = _FilteredBatch(MemoryRecords(self._data[start:end]).next_batch(), self._filter)
                if skipped_to is None:
                    return batch
                self._ready = batch
                break
            skipped_to = self._next_offset(start)
        return None if skipped_to is None else _SkippedBatches(skipped_to)

    def _next_offset_if_empty(self) -> int | None:
        """The offset after all batches, if one look into the bytes of all says that they hold nothing. That is so for most
        fetches of most searches. None also if one look is not enough, as for compressed batches."""
        if self._aborted or not self._places:
            return None
        data = self._data
        if any(
            data[start + _MAGIC] != _NEWEST_MAGIC or data[start + ATTRIBUTES] & CODEC_BITS for start, _ in self._places
        ):
            return None
        count = sum(_int32(data, start + _COUNT)[0] for start, _ in self._places)
        return None if self._filter.may_hold(data, count) else self._next_offset(self._places[-1][0])

    def _next_offset(self, start: int) -> int:
        """After the batch that begins at this place."""
        return _int64(self._data, start + _BASE_OFFSET)[0] + _int32(self._data, start + _LAST_OFFSET_DELTA)[0] + 1

    def _may_hold(self, start: int, end: int) -> bool:
        """Whether the batch at this place must be decoded."""
        data = self._data
        attributes = data[start + ATTRIBUTES]
        if data[start + _MAGIC] != _NEWEST_MAGIC or (self._aborted and attributes & _TRANSACTIONAL_BIT):
            return True
        if attributes & _CONTROL_BIT:
            return self._aborted
        codec, records = attributes & CODEC_BITS, data[start + HEADER_BYTES : end]
        try:
            found = DECODERS[codec](records) if codec else records
        except Exception:
            return True  # whoever decodes it says what is wrong with it
        return self._filter.may_hold(found, _int32(data, start + _COUNT)[0])

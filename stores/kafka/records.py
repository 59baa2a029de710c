"""Reads records also where aiokafka's parser raises.

A broker checks less than that parser: it takes header names that are not UTF-8, unknown attributes, and bytes after the end of
a compressed batch. Such a record would crash its consumers at every start.
"""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

import struct
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from stores.kafka.codecs import DECODERS, unpack_within_limit
from stores.kafka.filtering import (
    ATTRIBUTES,
    CODEC_BITS,
    HEADER_BYTES,
    FilteredFetch,
    FilteringDeserializer,
    RecordFilter,
)
from topics.messages import headers

_length = struct.Struct(">i").unpack_from


def read_everything() -> None:
    """Replaces aiokafka's parser: from here on every consumer of this process gets every record."""
    unpack_within_limit()
    fetcher.MemoryRecords = Records  # type: ignore[assignment, misc]
    fetcher.PartitionRecords = _PartitionRecords  # type: ignore[misc]


class Record(NamedTuple):
    """Like aiokafka's own. Bytes of a header's name that are not UTF-8 become `\\xff`: no client accepts them as they are."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    checksum: None = None


class Records:
    """The batches that one fetch brought of a partition, as aiokafka reads them, and their bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        batches: Any = MemoryRecords(data)
        self.has_next, self.next_batch, self.size_in_bytes = batches.has_next, batches.next_batch, batches.size_in_bytes

    @cached_property
    def compressed(self) -> bool:
        """Whether a batch is compressed, so that its records may be far larger than what was fetched."""
        return any(self._data[start + ATTRIBUTES] & CODEC_BITS for start, _ in self._places())

    def filtered(self, record_filter: RecordFilter, *, aborted: bool) -> FilteredFetch:
        """aborted: see FilteredFetch."""
        return FilteredFetch(self._data, self._places(), record_filter, aborted=aborted)

    def around(self, offset: int) -> tuple[bytes, "Records"]:
        """Bytes of the first batch that reaches to the offset or beyond, and the batches after it. Raises LookupError."""
        for start, end in self._places():
            batch: Any = MemoryRecords(self._data[start:end]).next_batch()
            if batch.next_offset > offset:
                return self._data[start:end], Records(self._data[end:])
        raise LookupError(offset)

    def _places(self) -> Iterator[tuple[int, int]]:
        """(begin, end) of each batch in the bytes, without a last one that the fetch has cut off."""
        data, start = self._data, 0
        while start + HEADER_BYTES <= len(data):
            end = start + 12 + _length(data, start + 8)[0]
            if end <= len(data):
                yield start, end
            start = end


class _PartitionRecords(fetcher.PartitionRecords):
    def __iter__(self) -> Iterator[Any]:
        return self._records_iterator or iter(())  # a call of `__next__` less a record

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        deserializer = self._value_deserializer
        if isinstance(deserializer, FilteringDeserializer):
            return deserializer.made(tp.topic, tp.partition, record)
        return super()._consumer_record(tp, record)

    def _unpack_records(self) -> Iterator[Any]:
        whole, self._records = self._records, self._filtered(self._records)
        while True:
            try:
                yield from super()._unpack_records()
                return
            except Exception as error:
                data, whole = whole.around(self.next_fetch_offset)
                self._records = self._filtered(whole)
                yield from self._read_again(data, error)

    def _filtered(self, records: Any) -> Any:
        """Without batches that hold nothing that the consumer looks for."""
        deserializer = self._value_deserializer
        if not isinstance(deserializer, FilteringDeserializer) or deserializer.record_filter is None:
            return records
        return records.filtered(
            deserializer.record_filter, aborted=bool(self._aborted_transactions or self._aborted_producers)
        )

    def _read_again(self, data: bytes, why: Exception) -> Iterator[Any]:
        batch: Any = MemoryRecords(data).next_batch()
        if not batch.validate_crc():
            raise why  # the bytes are damaged: they are fetched again
        for record in [] if batch.is_control_batch else _read(batch, data, why):
            if record.offset >= self.next_fetch_offset:
                self.next_fetch_offset = record.offset + 1
                yield self._consumer_record(self._tp, record)
        self.next_fetch_offset = batch.next_offset


def _read(batch: Any, data: bytes, why: Exception) -> list[Record]:
    """The records of a batch. A batch that cannot be taken apart becomes one record, at its last offset."""
    try:
        (count,) = _length(data, HEADER_BYTES - 4)
        left = bytearray(DECODERS[batch.attributes & CODEC_BITS](data[HEADER_BYTES:]))
        at, found = 0, list[Record]()
        for number in range(count):
            length, at = decode_varint(left, at)
            found.append(_record(batch, number, left[at : at + length]))
            at += length
        return found
    except Exception:
        return [_unread(batch, batch.next_offset - 1, data, why)]


def _record(batch: Any, number: int, said: bytearray) -> Record:
    try:
        later, at = decode_varint(said, 1)  # after the attributes, a byte without a meaning
        place, at = decode_varint(said, at)
        key, at = _bytes(said, at)
        value, at = _bytes(said, at)
        count, at = decode_varint(said, at)
        named: list[tuple[str, bytes | None]] = []
        for _ in range(count):
            name, at = _bytes(said, at)
            content, at = _bytes(said, at)
            named.append(((name or b"").decode(errors="backslashreplace"), content))
    except Exception as error:
        return _unread(batch, batch.base_offset + number, bytes(said), error)
    at_broker = bool(batch.attributes & 8)
    time = batch.max_timestamp if at_broker else batch.first_timestamp + later
    return Record(batch.base_offset + place, time, int(at_broker), key, value, named)


def _bytes(said: bytearray, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(said, at)
    if length < 0:
        return None, at
    if at + length > len(said):
        raise ValueError(f"{length} bytes from {at} on are more than there are")
    return bytes(said[at : at + length]), at + length


def _unread(batch: Any, offset: int, data: bytes, why: Exception) -> Record:
    named: list[tuple[str, bytes | None]] = [(headers.UNREAD, f"{type(why).__name__}: {why}".encode())]
    return Record(offset, batch.max_timestamp, 0, None, data, named)

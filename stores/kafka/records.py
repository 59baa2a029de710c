"""Records as the broker has them, also those that aiokafka's parser raises over.

A broker checks less of a record than the parser does: names of headers that are not UTF-8, a record's attributes, bytes
behind a compressed batch. To a consumer such a record is a crash, at every start anew.
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
from topics.messages import headers

_HEADER = 61  # bytes of a batch before its records
_CODEC, _SEVEN = 22, 7  # the byte that says how it is compressed, in the lower three bits
_length = struct.Struct(">i").unpack_from


def read_everything() -> None:
    """From here on every consumer of this process gets every record."""
    unpack_within_limit()
    fetcher.MemoryRecords = Records  # type: ignore[assignment, misc]
    fetcher.PartitionRecords = _PartitionRecords  # type: ignore[misc]


class Record(NamedTuple):
    """As aiokafka's own. Bytes of a header's name that are not UTF-8 read `\\xff`: no client takes them as they are."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    checksum: None = None


class Records:
    """aiokafka's batches of what one fetch brought of a partition, and the bytes that they are made of."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        batches: Any = MemoryRecords(data)
        self.has_next, self.next_batch, self.size_in_bytes = batches.has_next, batches.next_batch, batches.size_in_bytes

    @cached_property
    def compressed(self) -> bool:
        """So that they may be far more than what was fetched."""
        return any(self._data[start + _CODEC] & _SEVEN for start, _ in self._places())

    def around(self, offset: int) -> tuple[bytes, "Records"]:
        """The batch that ends at the offset or behind it, and what follows on it. Raises LookupError."""
        for start, end in self._places():
            batch: Any = MemoryRecords(self._data[start:end]).next_batch()
            if batch.next_offset > offset:
                return self._data[start:end], Records(self._data[end:])
        raise LookupError(offset)

    def _places(self) -> Iterator[tuple[int, int]]:
        """Where the batches begin and end. The last one of a fetch may be cut off, and is not of it."""
        data, start = self._data, 0
        while start + _HEADER <= len(data):
            end = start + 12 + _length(data, start + 8)[0]
            if end <= len(data):
                yield start, end
            start = end


class _PartitionRecords(fetcher.PartitionRecords):
    def _unpack_records(self) -> Iterator[Any]:
        while True:
            try:
                yield from super()._unpack_records()
                return
            except Exception as error:
                data, self._records = self._records.around(self.next_fetch_offset)
                yield from self._read_again(data, error)

    def _read_again(self, data: bytes, why: Exception) -> Iterator[Any]:
        batch: Any = MemoryRecords(data).next_batch()
        if not batch.validate_crc():
            raise why  # not what was written: it is fetched again
        for record in [] if batch.is_control_batch else _read(batch, data, why):
            if record.offset >= self.next_fetch_offset:
                self.next_fetch_offset = record.offset + 1
                yield self._consumer_record(self._tp, record)
        self.next_fetch_offset = batch.next_offset


def _read(batch: Any, data: bytes, why: Exception) -> list[Record]:
    """Record by record. A batch that nobody can take apart is one record, in the place of its last."""
    try:
        (count,) = _length(data, _HEADER - 4)
        left = bytearray(DECODERS[batch.attributes & _SEVEN](data[_HEADER:]))
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
        later, at = decode_varint(said, 1)  # behind the attributes: one byte, of no meaning
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

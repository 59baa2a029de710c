"""Records as the broker has them, also those that aiokafka's parser raises over.

A broker checks less of a record than the parser does: names of headers that are not UTF-8, a record's attributes, bytes
behind a compressed batch. To a consumer such a record is a crash, at every start anew.
"""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from topics import headers

_BEFORE, _HEADER = 12, 61  # bytes: what a batch's length does not count, and what stands before its records
_ATTRIBUTES = 22  # the byte that says how it is compressed, in the lower three bits
_DECOMPRESS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes, 1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode, 4: codec.zstd_decode,
}  # fmt: skip


def read_everything() -> None:
    """From here on every consumer of this process gets every record."""
    fetcher.MemoryRecords = Records  # type: ignore[assignment, misc]


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
    """What one fetch brought of a partition: aiokafka's batches, in which every record can be read.

    compressed: of some, so that it may be far more than what was fetched.
    """

    def __init__(self, data: bytes) -> None:
        self._batches: Any = MemoryRecords(data)
        self._data, self._at = data, 0
        self.compressed = any(data[at + _ATTRIBUTES] & 7 for at in _batches(data))

    def size_in_bytes(self) -> int:
        return self._batches.size_in_bytes()

    def has_next(self) -> bool:
        return self._batches.has_next()

    def next_batch(self) -> "_Batch":
        batch, start = self._batches.next_batch(), self._at
        self._at = _end(self._data, start)
        return _Batch(batch, memoryview(self._data)[start : self._at])


def _batches(data: bytes) -> Iterator[int]:
    """Where they begin. The last one of a fetch may be cut off."""
    at = 0
    while at + _HEADER <= len(data):
        yield at
        at = _end(data, at)


def _end(data: bytes, at: int) -> int:
    return at + _BEFORE + struct.unpack_from(">i", data, at + 8)[0]


class _Batch:
    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        done = 0
        try:
            for record in self._batch:
                yield record
                done += 1
        except Exception as error:
            yield from _read(self._batch, bytes(self._data), error)[done:]


def _read(batch: Any, data: bytes, why: Exception) -> list[Record]:
    """Record by record. A batch that nobody can take apart is one record, in the place of its last."""
    try:
        count = struct.unpack_from(">i", data, _HEADER - 4)[0]
        left = bytearray(_DECOMPRESS[batch.attributes & 7](data[_HEADER:]))
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

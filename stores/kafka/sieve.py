"""Passes over the batches of a log that hold nothing of what is looked for, without taking them apart.

A search reads far more records than it wants. To take a record apart costs microseconds; to look for a few bytes in a whole
batch costs as much for hundreds of them.
"""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from aiokafka.record.memory_records import MemoryRecords

from stores.kafka.codecs import DECODERS

HEADER = 61  # bytes of a batch before its records
CODEC, SEVEN = 22, 7  # place of the byte whose lower three bits say how a batch is compressed, and their mask
_MAGIC, _NEWEST = 16, 2
_TRANSACTIONAL, _CONTROL = 16, 32  # bits of the byte at CODEC
_base = struct.Struct(">q").unpack_from
_number = struct.Struct(">i").unpack_from
_LAST, _COUNT = 23, 57  # places of the last record's distance to the base offset, and of the number of records

Named = Iterable[tuple[str, bytes | None]]


class Sieve(Protocol):
    """What is looked for. Both may let through what is not wanted, and never hold back what is."""

    def may_hold(self, records: bytes, count: int) -> bool:
        """Whether one of these records may be wanted. records: as they stand in the log, uncompressed. count: of them."""
        ...

    def wants(self, key: bytes | None, body: bytes | None, headers: Named) -> bool:
        """Whether this record may be wanted."""
        ...


class Through:
    """Given to a consumer as its deserializer of bodies, which is all that its reader of a partition gets to know of it.
    sieve: for the records that are fetched from now on; None lets all through. made: what the consumer hands over in place of
    aiokafka's record, by (topic, partition, record of a batch); it needs an `offset`."""

    def __init__(self, made: Callable[[str, int, Any], Any]) -> None:
        self.sieve: Sieve | None = None
        self.made = made

    def __call__(self, body: bytes | None) -> bytes | None:
        return body


class Passed(NamedTuple):
    """Stands for batches that were passed over."""

    next_offset: int
    producer_id: int | None = None
    is_control_batch: bool = False

    def validate_crc(self) -> bool:
        return True  # nothing of them is used

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class _Picked:
    """A batch of which only those records are handed over that may be wanted."""

    def __init__(self, batch: Any, sieve: Sieve) -> None:
        self._batch, self._wants = batch, sieve.wants
        self.validate_crc = batch.validate_crc
        self.producer_id, self.base_offset, self.next_offset = batch.producer_id, batch.base_offset, batch.next_offset
        self.is_control_batch, self.is_transactional = batch.is_control_batch, batch.is_transactional

    def __iter__(self) -> Iterator[Any]:
        wants = self._wants
        return (record for record in self._batch if wants(record.key, record.value, record.headers))

    def __next__(self) -> Any:
        return next(self._batch)  # of a control batch, which aiokafka reads so


class Sieved:
    """What one fetch brought of a partition, as aiokafka takes it, without what need not be taken apart.

    data: the batches. places: (begin, end) of each in it. aborted: whether transactions among them were given up; then
    transactions and their markers are handed over, too.
    """

    def __init__(self, data: bytes, places: Iterable[tuple[int, int]], sieve: Sieve, *, aborted: bool) -> None:
        self._data, self._sieve, self._aborted = data, sieve, aborted
        self._places = list(places)
        self._at = 0
        self._ready: _Picked | None = None
        self._end: int | None = self._whole()

    def has_next(self) -> bool:
        return self._end is not None or self._ready is not None or self._at < len(self._places)

    def next_batch(self) -> Any:
        """The next batch that may hold something, or what stands for those before it."""
        if self._end is not None:
            self._at, end, self._end = len(self._places), self._end, None
            return Passed(end)
        if self._ready is not None:
            ready, self._ready = self._ready, None
            return ready
        passed: int | None = None
        while self._at < len(self._places):
            start, end = self._places[self._at]
            self._at += 1
            if self._kept(start, end):
                picked = _Picked(MemoryRecords(self._data[start:end]).next_batch(), self._sieve)
                if passed is None:
                    return picked
                self._ready = picked
                break
            passed = self._next(start)
        return None if passed is None else Passed(passed)

    def _whole(self) -> int | None:
        """The offset after all of them where one look says that they hold nothing: most fetches of most searches."""
        if self._aborted or not self._places:
            return None
        data = self._data
        if any(data[start + _MAGIC] != _NEWEST or data[start + CODEC] & SEVEN for start, _ in self._places):
            return None
        count = sum(_number(data, start + _COUNT)[0] for start, _ in self._places)
        return None if self._sieve.may_hold(data, count) else self._next(self._places[-1][0])

    def _next(self, start: int) -> int:
        return _base(self._data, start)[0] + _number(self._data, start + _LAST)[0] + 1

    def _kept(self, start: int, end: int) -> bool:
        data = self._data
        said = data[start + CODEC]
        if data[start + _MAGIC] != _NEWEST or (self._aborted and said & _TRANSACTIONAL):
            return True
        if said & _CONTROL:
            return self._aborted
        try:
            found = (
                data[start + HEADER : end] if not said & SEVEN else DECODERS[said & SEVEN](data[start + HEADER : end])
            )
        except Exception:
            return True  # whoever takes it apart says what is wrong with it
        return self._sieve.may_hold(found, _number(data, start + _COUNT)[0])

"""Which partition a key belongs to: as aiokafka, the Java client and kafka-python choose it."""

from collections.abc import Sequence
from functools import lru_cache

from aiokafka.partitioner import DefaultPartitioner, murmur2

_KEPT = 65_536  # keys whose hashes are kept: aiokafka's murmur2 is Python, and takes 8 µs for a key of 36 bytes


@lru_cache(_KEPT)
def _hashed(key: bytes) -> int:
    return murmur2(key) & 0x7FFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """partitions: how many the topic has."""
    return _hashed(key) % partitions


class ByKey(DefaultPartitioner):
    """aiokafka's default partitioner, with hashes that are kept. The argument `partitioner` of its producer."""

    @classmethod
    def __call__(cls, key: bytes | None, every: Sequence[int], available: Sequence[int]) -> int:
        return super().__call__(key, every, available) if key is None else every[partition_of(key, len(every))]

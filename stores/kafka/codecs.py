"""Unpacks compressed batches up to a limit. A megabyte of zstd may unpack to gigabytes, which would end every process that
reads it, at every start again. A larger batch is treated like a broken one (records.py)."""
# pyright: basic
# aiokafka has no hook here: this file stands in for a part of it, which strict types cannot follow.

import gzip
import importlib
import io
from collections.abc import Callable

import cramjam
from aiokafka import codec

LIMIT = 64 * 1024 * 1024  # bytes of a batch; topics take one or two megabytes, compressed or not
_FIRST, _GROWS = 1024 * 1024, 8  # bytes of room at the first try, and the factor by which it grows

# Where aiokafka looks its decoders up: the compiled reader of batches, and the one in Python beside it.
_READERS = ("aiokafka.record.default_records", "aiokafka.record._crecords.default_records")


class TooMuch(ValueError):
    """The batch unpacks to more than LIMIT, or is broken."""

    def __init__(self) -> None:
        super().__init__(f"a compressed batch that is broken, or of more than {LIMIT:,} bytes")


def gzip_decode(payload: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(payload)) as file:
        found = file.read(LIMIT + 1)
    if len(found) > LIMIT:
        raise TooMuch
    return found


def lz4_decode(payload: bytes) -> bytes:
    return _with_room(cramjam.lz4.decompress_into, payload)


def zstd_decode(payload: bytes) -> bytes:
    return _with_room(cramjam.zstd.decompress_into, payload)


DECODERS: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: gzip_decode,
    2: codec.snappy_decode,  # snappy unpacks to 21 times its size at most
    3: lz4_decode,
    4: zstd_decode,
}
"""By the codec's number in the attributes of a batch."""


def unpack_within_limit() -> None:
    """Replaces aiokafka's decoders, for every consumer of this process."""
    for name in _READERS:
        module = importlib.import_module(name)
        for decoder in (gzip_decode, lz4_decode, zstd_decode):
            setattr(module, decoder.__name__, decoder)


def _with_room(decompress_into: Callable[[bytes, bytearray], int], payload: bytes) -> bytes:
    size = max(_FIRST, len(payload))
    while True:
        room = bytearray(min(size, LIMIT))
        try:
            count = decompress_into(payload, room)
        except cramjam.DecompressionError as error:
            # The batch is broken, or the room too small: the error does not say which.
            if size >= LIMIT:
                raise TooMuch from error
            size *= _GROWS
        else:
            return bytes(memoryview(room)[:count])

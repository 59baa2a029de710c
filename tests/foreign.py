"""A publisher that keeps to Kafka's wire format and to nothing else: what its clients would not send, the broker takes."""

import gzip
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaClient, codec
from aiokafka.errors import for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.util import calc_crc32c

NOW = -2  # a record's time: when it is sent
_FROM_ATTRIBUTES = ">hiqqqhii"


class Foreign(NamedTuple):
    """headers: names as bytes. at: ms since the epoch. attributes: of the record, unused by Kafka."""

    key: bytes | None = None
    body: bytes | None = None
    headers: Sequence[tuple[bytes, bytes | None]] = ()
    at: int = NOW
    attributes: int = 0


def plain(records: bytes) -> bytes:
    return records


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, plain), "gzip": (1, gzip.compress), "snappy": (2, codec.snappy_encode), "lz4": (3, codec.lz4_encode),
    "zstd": (4, codec.zstd_encode),
}  # fmt: skip


def batch(records: Sequence[Foreign], number: int = 0, compress: Callable[[bytes], bytes] = plain) -> bytes:
    """A record batch of magic 2, byte by byte."""
    now = int(time.time() * 1000)
    times = [now if record.at == NOW else record.at for record in records]
    said = b"".join(_record(r, n, at - times[0]) for n, (r, at) in enumerate(zip(records, times, strict=True)))
    counted = struct.pack(
        _FROM_ATTRIBUTES, number, len(records) - 1, times[0], max(times), -1, -1, -1, len(records)
    ) + compress(said)
    return struct.pack(">qiibI", 0, len(counted) + 9, -1, 2, calc_crc32c(counted)) + counted


def _record(record: Foreign, number: int, later: int) -> bytes:
    said = struct.pack(">B", record.attributes) + _number(later) + _number(number)
    said += _text(record.key) + _text(record.body) + _number(len(record.headers))
    said += b"".join(_text(name) + _text(value) for name, value in record.headers)
    return _number(len(said)) + said


def _text(value: bytes | None) -> bytes:
    return _number(-1) if value is None else _number(len(value)) + value


def _number(value: int) -> bytes:
    """Zigzag varint."""
    left, found = (value << 1) ^ (value >> 63), bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*found, left])


async def send(broker: str, topic: str, partition: int, made: bytes) -> int:
    """The offset. Raises what the broker makes of it."""
    client = AIOKafkaClient(bootstrap_servers=broker)
    await client.bootstrap()
    try:
        await client.set_topics([topic])
        node: Any = client.cluster.leader_for_partition(_Place(topic, partition))  # type: ignore[arg-type]
        request = ProduceRequest(None, -1, 10_000, [(topic, [(partition, made)])])
        answer: Any = await client.send(node, request)
        code, offset = answer.topics[0][1][0][1:3]
        if code:
            raise for_code(code)(f"{topic}: {answer.topics}")
        return offset
    finally:
        await client.close()


class _Place(NamedTuple):
    topic: str
    partition: int

"""An events topic as a test writes it, and leases on it: for projections, facts and effects, driven without a consumer."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
from aiokafka import ConsumerRecord

from agents.runtime.transport.lease import Batch, Lease
from stores.kafka.replay import Stretch
from stores.protocol import Source
from tests.agents.runtime.tally import Added
from topics.messages import headers
from topics.messages.topic import Topic

Record = ConsumerRecord[bytes, bytes]

_HELD = 0.05  # seconds that a broker holds a fetch which finds nothing

_leases: list[Lease] = []


def end_leases() -> None:
    """Of all feeds, as where a process ends: what is built on a lease goes on until then, also after the test."""
    for lease in _leases:
        lease.closing.set()
    _leases.clear()


class Feed:
    """One partition."""

    def __init__(self, topic: Topic, partition: int = 0) -> None:
        self.topic, self.partition = topic, partition
        self.log: list[Record] = []

    def event(
        self, key: str, version: int, amount: int = 1, *, id: str | None = None, body: bytes | None = None,
        type: str = "Added", said_at: str = "2026-03-01T18:30:00+00:00", source: str = "lezzet/tests",
        more: Mapping[str, str] | None = None,
    ) -> Record:  # fmt: skip
        """id: told by key and version, as the runtime's are: a repeat has the same. more: headers."""
        named = {
            headers.ID: id or f"{key} {version}", headers.TYPE: type, headers.SOURCE: source,
            headers.SUBJECT: key, headers.SEQUENCE: str(version), headers.TIME: said_at,
            **(more or {}),
        }  # fmt: skip
        content = msgspec.json.encode(Added(amount=amount, total=version)) if body is None else body
        record = ConsumerRecord(
            self.topic.name, self.partition, len(self.log), int(time.time() * 1000), 0, key.encode(), content, None, 0, 0,
            [(name, value.encode()) for name, value in named.items()],
        )  # fmt: skip
        self.log.append(record)
        return record

    def lease(self, group: str, *, end: int | None = None) -> Lease:
        """As before its opening. end: where the log ends, if not where it is now."""
        made = Lease(Source(group, self.topic.name, self.partition), end=len(self.log) if end is None else end)
        _leases.append(made)
        return made

    def batch(self, lease: Lease, first: int | None = None, end: int | None = None) -> Batch:
        found = self.log[lease.next if first is None else first : end]
        return Batch(lease, found, found[0].offset)

    @asynccontextmanager
    async def replay(self, topic: str, partition: int) -> "AsyncGenerator[Replayed]":
        assert (topic, partition) == (self.topic.name, self.partition)
        yield Replayed(self.log)


class Replayed:
    """See stores.kafka.replay.Replay."""

    def __init__(self, log: list[Record]) -> None:
        self._log = log

    async def bounds(self) -> tuple[int, int]:
        return 0, len(self._log)

    async def take(self, first: int, most: int) -> Stretch:
        found = self._log[first : first + most]
        await asyncio.sleep(0 if found else _HELD)
        return Stretch(found, first, first + len(found))

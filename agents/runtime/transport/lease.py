"""A lease: this process' right to one partition for one assignment; and what is fetched under it."""

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import ConsumerRecord

from agents.runtime.arrivals import Arrival
from stores.protocol import RowId, Source


class TP(NamedTuple):
    topic: str
    partition: int


class Reopen(Exception):
    """Open the partition again at its floor. hole: the floor before which messages are missing, if that is why."""

    def __init__(self, why: str, hole: int | None = None) -> None:
        super().__init__(why)
        self.hole = hole


@dataclass(eq=False, slots=True)
class Lease:
    """closing: take no more, stop waiting. void: publish no more. sent: outbox rows that are out, not yet deleted.

    end: where the log ended at the opening. hole: a floor before which messages were missing once already.
    """

    source: Source
    next: int = 0
    epoch: int = 0
    incarnation: int = 0
    end: int = 0
    hole: int | None = None
    batch: "Batch | None" = None
    busy: bool = False
    active_at: float = 0.0
    sent: list[RowId] = field(default_factory=list[RowId])
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    void: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tp(self) -> TP:
        return TP(self.source.topic, self.source.partition)

    def end_now(self) -> None:
        self.closing.set()
        self.void.set()


@dataclass(eq=False, slots=True)
class Batch:
    """What a fetch gave of one partition, in offset order: all that is there from `first` to before `next`.

    reached: `next`, where the log goes on behind the last record with what is no record: a transaction's end, or all of one
    that was given up.
    """

    lease: Lease
    records: list[ConsumerRecord[bytes, bytes]]
    first: int
    reached: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    arrivals: list[Arrival] | None = None

    @property
    def next(self) -> int:
        return self.reached or self.records[-1].offset + 1

"""A lease is this process' right to one partition during one assignment. A batch is what was fetched under it."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from aiokafka import ConsumerRecord

from agents.runtime.arrivals import Arrival
from stores.protocol import RowId, Source


class TP(NamedTuple):
    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition}"


class Reopen(Exception):
    """The partition must be opened again at its floor. hole: the floor, if messages are missing between it and the batch."""

    def __init__(self, why: str, hole: int | None = None) -> None:
        super().__init__(why)
        self.hole = hole


class Stopped(Exception):
    """The partition must not go on: the message at offset `at` was published by newer code, and what is before it is done."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"offset {at}: {why}")
        self.at = at


class NotYet(Exception):
    """The partition must not be opened yet: older messages of its keys stand in another one, and are not done."""


class Passed(NamedTuple):
    """Messages that do nothing when they are read again, from offset `first` to before `next`: the floor in the store may stand
    anywhere among them. told: it stands behind them. Who has looked just before still sees it among them."""

    first: int
    next: int
    told: bool = False


@dataclass(eq=False, slots=True)
class Lease:
    """next: offset of the next message to do. epoch, incarnation: see stores.protocol.Floor. end: where the log ended at the
    opening. hole: a floor at which messages were missing once, so that the partition was opened again.

    batch: the one in flight. idle_work: set at the end of the idle work under way, None without any. active_at: loop time when
    a batch last ended. sent: outbox rows that are published and not deleted yet. closing: take nothing more, stop
    waiting. void: publish nothing more. missed: why some aggregates stay behind, empty where none does
    (agents/runtime/reading/missed.py). doubtful: a write has lost its answer, or its rows were not published. The outbox may
    hold rows that must go out before new ones, and the floor may not tell: the steps of a redrive leave it where it is.
    held_since: since when its commands raise one after the other, and are tried one at a time
    (agents/runtime/deciding/breaker.py). moved: the floor was moved under this lease. passed: the last messages that were
    passed over (agents/runtime/transport/passing.py).
    """

    source: Source
    next: int = 0
    epoch: int = 0
    incarnation: int = 0
    end: int = 0
    hole: int | None = None
    batch: "Batch | None" = None
    idle_work: asyncio.Event | None = None
    doubtful: bool = False
    held_since: datetime | None = None
    moved: bool = False
    passed: Passed | None = None
    missed: str = ""
    active_at: float = 0.0
    sent: list[RowId] = field(default_factory=list[RowId])
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    void: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def held_back(self) -> bool:
        return self.held_since is not None

    @property
    def floor_is_behind(self) -> bool:
        """Whether the store is still to be told of messages that were passed over."""
        return self.passed is not None and not self.passed.told

    @property
    def tp(self) -> TP:
        return TP(self.source.topic, self.source.partition)

    def end_now(self) -> None:
        self.closing.set()
        self.void.set()


@dataclass(eq=False, slots=True)
class Batch:
    """What was fetched of one partition: all records from offset `first` to before `next`, in order.

    reached: offset after the last thing that was fetched; 0 says after the last record. It may lie further than that, since
    transaction markers and aborted records have offsets, too. arrivals: the records as they were read, where that is kept.
    taken_at: monotonic, in seconds.
    """

    lease: Lease
    records: list[ConsumerRecord[bytes, bytes]]
    first: int
    reached: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    arrivals: list[Arrival] | None = None
    taken_at: float = field(default_factory=time.monotonic)

    @property
    def next(self) -> int:
        return self.reached or self.records[-1].offset + 1

"""One pass over topics, all partitions side by side: what every search of the engineers' tools reads the log with.

What is looked for is looked for as bytes in whole batches; only batches that have it are taken apart
(stores/kafka/filtering.py).
"""

import re
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from replay.shares import Share
from stores.kafka.filtering import RecordFilter, RecordHeaders
from stores.kafka.log import Bounds, Logged, LogReader, Place
from topics.messages import headers

_FEW = 8  # texts that are looked for one after the other
_FIRST, _EVERY = 1.0, 0.5  # seconds until progress is told, and between two lines about it
_DERIVED = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_ID = headers.ID
# As records have it: twice the length before the name of a header, and before its value, where they are short.
_HAS_ID = bytes((len(_ID) * 2,)) + _ID.encode()
_UUID = 36  # bytes
_KEY = re.compile(rb"[0-9a-f-]{36}")
_KEYS = re.compile(rb"\x48([0-9a-f-]{36})")  # a key of that form, behind twice its length
_FLOWS = [re.compile(name + rb"\x48(?=(.{36}))", re.DOTALL) for name in (headers.CORRELATION.encode(), b"_id")]


@dataclass(frozen=True, slots=True)
class Window:
    """What is read: from offsets `starts` to before `ends`."""

    starts: Mapping[Place, int]
    ends: Mapping[Place, int]

    @property
    def messages(self) -> int:
        """How many there are, transaction markers and removed ones among them."""
        return sum(max(0, self.ends[place] - start) for place, start in self.starts.items())

    @property
    def topics(self) -> int:
        return len({place.topic for place in self.starts})

    def dealt(self, share: Share) -> "Window":
        """The partitions of a share, dealt out in turn: those of a topic are about as large as one another."""
        return Window(dict(list(self.starts.items())[share.number :: share.of]), self.ends)


class Log(Protocol):
    """What is read of a log, of Kafka (stores.kafka.log.LogReader) or in memory (replay.shadow.memory.MemoryLog)."""

    @property
    def topics(self) -> Mapping[str, int]: ...
    async def bounds(self, places: Sequence[Place]) -> dict[Place, Bounds]: ...
    async def since(self, places: Sequence[Place], at: datetime) -> dict[Place, int]: ...
    def read(
        self, starts: Mapping[Place, int], ends: Mapping[Place, int], record_filter: RecordFilter | None = None
    ) -> AsyncGenerator[list[Logged]]: ...


async def window(
    log: LogReader, topics: Iterable[str], since: datetime | None = None, until: datetime | None = None
) -> Window:
    """As `window_of`, of all partitions of the topics."""
    return await window_of(log, log.places(topics), since, until)


async def window_of(
    log: Log, places: Sequence[Place], since: datetime | None = None, until: datetime | None = None
) -> Window:
    """All that is in the partitions now, or what came from `since` on and before `until`. Raises Unavailable."""
    bounds = await log.bounds(places)
    starts = {place: bound.first for place, bound in bounds.items()}
    ends = {place: bound.end for place, bound in bounds.items()}
    if since is not None:
        later = await log.since(places, since)
        starts = {place: later.get(place, ends[place]) for place in places}
    if until is not None:
        ends |= await log.since(places, until)
    return Window(starts, ends)


class Texts:
    """Lets records through that have one of these texts as their key or as a header; of more than _FEW texts, as their id or
    correlation.

    A message that came without an id has an id that derives from its place in the log, and does not contain it. If one of the
    texts may be such an id, messages without an id are let through, too.
    """

    def __init__(self, wanted: Iterable[bytes]) -> None:
        self._wanted = frozenset(wanted)
        self._placed = any(_DERIVED.fullmatch(each) for each in self._wanted)
        self._flows = len(self._wanted) > _FEW
        self._others = [each for each in self._wanted if not self._flows or len(each) != _UUID]

    def may_hold(self, records: bytes, count: int) -> bool:
        if self._flows and not all(self._wanted.isdisjoint(flow.findall(records)) for flow in _FLOWS):
            return True
        if any(each in records for each in self._others):
            return True
        return self._placed and records.count(_HAS_ID) < count

    def wants(self, key: bytes | None, body: bytes | None, headers: RecordHeaders) -> bool:
        if key in self._wanted:
            return True
        named = False
        for name, value in headers:
            if value in self._wanted:
                return True
            named = named or name == _ID
        return self._placed and not named


class Keys:
    """Lets records through that have one of these keys. A key stands in a record as it is, without any escape."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = frozenset(keys)
        self._many = len(self._keys) > _FEW
        self._others = [each for each in self._keys if not self._many or _KEY.fullmatch(each) is None]

    def may_hold(self, records: bytes, count: int) -> bool:
        if self._many and not self._keys.isdisjoint(_KEYS.findall(records)):
            return True
        return any(each in records for each in self._others)

    def wants(self, key: bytes | None, body: bytes | None, headers: RecordHeaders) -> bool:
        return key in self._keys


class Holding:
    """Lets records through that have this text anywhere in them, or an escape of JSON, which may stand for any character."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def may_hold(self, records: bytes, count: int) -> bool:
        return self._text in records or _ESCAPE in records

    def wants(self, key: bytes | None, body: bytes | None, headers: RecordHeaders) -> bool:
        text = self._text
        if body is not None and (text in body or _ESCAPE in body):
            return True
        return (key is not None and text in key) or any(value is not None and text in value for _, value in headers)


_ESCAPE = rb"\u"


class All:
    """Lets all through."""

    def may_hold(self, records: bytes, count: int) -> bool:
        return True

    def wants(self, key: bytes | None, body: bytes | None, headers: RecordHeaders) -> bool:
        return True


@dataclass(slots=True)
class Progress:
    """Told on stderr while a pass takes more than a second. what: is done, e.g. `read`. passed: messages so far. silent: tells
    nobody."""

    of: int
    what: str = "read"
    passed: int = 0
    silent: bool = False
    _began: float = field(default_factory=time.monotonic)
    _next: float = _FIRST
    _told: bool = False

    def at(self, passed: int) -> None:
        self.passed = passed
        took = time.monotonic() - self._began
        if self.silent or took < self._next:
            return
        self._next = took + _EVERY
        line = f"{self.what}: {passed:,} of {self.of:,} messages, {passed / took:,.0f}/s"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
        elif not self._told:
            sys.stderr.write(f"{line}\n")
        self._told = True
        sys.stderr.flush()

    def end(self) -> None:
        """Takes its line away from a terminal."""
        if self._told and sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress_of(share: Share, of: int, what: str) -> Progress:
    """Of one share of the work. The first one tells for all."""
    return Progress(of, share.says(what), silent=share.number > 0)


async def scan(
    log: LogReader, chosen: Window, record_filter: RecordFilter, progress: Progress
) -> AsyncGenerator[list[Logged]]:
    """Records that may be wanted, in order a partition. Raises Unavailable."""
    try:
        async with aclosing(log.scan(chosen.starts, chosen.ends, record_filter)) as steps:
            async for step in steps:
                progress.at(step.passed)
                if step.records:
                    yield step.records
    finally:
        progress.end()

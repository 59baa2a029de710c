"""Finds all messages of the flows that an id takes part in: one pass over the topics, a second one only where a flow began
before the message that gave it away."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from replay.log.message import Message
from stores.kafka.log import Logged, LogReader, Place
from topics.messages import headers

MOST = 20_000  # messages that are kept

_NAMING = frozenset(
    (
        headers.ID, headers.SUBJECT, headers.CORRELATION, headers.CAUSATION, headers.OPERATION, headers.CALLER,
        headers.DLQ_ID,
    )
)  # fmt: skip


@dataclass(slots=True)
class Found:
    """read: how many messages were looked at. cut: there are more than MOST."""

    topics: int
    read: int = 0
    seconds: float = 0.0
    cut: bool = False
    messages: list[Message] = field(default_factory=list[Message])


async def find(log: LogReader, wanted: str, since: datetime | None) -> Found:
    """All messages joined by correlation with those that name the id. Raises Unavailable."""
    began = time.monotonic()
    starts, ends = await _window(log, since)
    search = _Search(wanted)
    async for chunk in log.read(starts, ends):
        for record in chunk:
            search.look(record)
    found = Found(len({place.topic for place in starts}), read=sum(search.seen.values()))
    kept = search.kept
    if len(kept) < sum(search.seen[flow] for flow in search.flows):
        kept = await _again(log, starts, ends, search.flows)
    found.messages, found.cut = kept[:MOST], len(kept) > MOST
    found.seconds = time.monotonic() - began
    return found


async def _window(log: LogReader, since: datetime | None) -> tuple[dict[Place, int], dict[Place, int]]:
    places = log.places(log.topics)
    bounds = await log.bounds(places)
    ends = {place: bound.end for place, bound in bounds.items()}
    if since is None:
        return {place: bound.first for place, bound in bounds.items()}, ends
    later = await log.since(places, since)
    return {place: later.get(place, ends[place]) for place in places}, ends


async def _again(
    log: LogReader, starts: Mapping[Place, int], ends: Mapping[Place, int], flows: set[str]
) -> list[Message]:
    kept: list[Message] = []
    async for chunk in log.read(starts, ends):
        kept.extend(message for message in map(Message, chunk) if message.correlation in flows)
        if len(kept) > MOST:
            break
    return kept


class _Search:
    """flows: correlations that the id takes part in. seen: how many messages each correlation has."""

    def __init__(self, wanted: str) -> None:
        self.flows: set[str] = set()
        self.seen: Counter[str] = Counter()
        self.kept: list[Message] = []
        self._wanted = wanted
        self._bytes = wanted.encode(errors="surrogateescape")

    def look(self, record: Logged) -> None:
        message = Message(record)
        flow = message.correlation
        self.seen[flow] += 1
        if flow not in self.flows and not self._names(record) and message.id != self._wanted:
            return
        self.flows.add(flow)
        if len(self.kept) <= MOST:
            self.kept.append(message)

    def _names(self, record: Logged) -> bool:
        if record.key == self._bytes:
            return True
        return any(value == self._bytes and name in _NAMING for name, value in record.headers)

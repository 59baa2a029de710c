"""Finds all messages of the flows that an id takes part in: a pass over the topics for the messages that name it, and one for
what belongs to the same flows."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from replay.log.message import Message
from replay.log.scan import Progress, Sieve, Window, scan, window
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
    chosen = await window(log, log.topics, since)
    found = Found(chosen.topics, read=chosen.messages)
    naming = await _naming(log, chosen, wanted)
    kept = await _of_flows(log, chosen, {message.correlation for message in naming}) if naming else []
    # A correlation that is no UTF-8 stands otherwise in the log than here: what named the id is there all the same.
    there = {_at(message) for message in kept}
    kept += [message for message in naming if _at(message) not in there]
    found.messages, found.cut = kept[:MOST], len(kept) > MOST
    found.seconds = time.monotonic() - began
    return found


async def _naming(log: LogReader, chosen: Window, wanted: str) -> Sequence[Message]:
    text = wanted.encode(errors="surrogateescape")
    kept = list[Message]()
    async with aclosing(scan(log, chosen, Sieve([text]), Progress(chosen.messages, "looked at"))) as chunks:
        async for chunk in chunks:
            for message in map(Message, chunk):
                if _names(message.logged, text) or message.id == wanted:
                    kept.append(message)
    return kept


async def _of_flows(log: LogReader, chosen: Window, flows: set[str]) -> list[Message]:
    """MOST, and one more where there are more."""
    kept, wanted = list[Message](), Sieve(flow.encode(errors="surrogateescape") for flow in flows)
    async with aclosing(scan(log, chosen, wanted, Progress(chosen.messages))) as chunks:
        async for chunk in chunks:
            kept.extend(message for message in map(Message, chunk) if message.correlation in flows)
            if len(kept) > MOST:
                break
    return kept


def _at(message: Message) -> tuple[Place, int]:
    return message.logged.place, message.logged.offset


def _names(record: Logged, text: bytes) -> bool:
    if record.key == text:
        return True
    return any(value == text and name in _NAMING for name, value in record.headers)

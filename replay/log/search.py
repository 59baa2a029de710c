"""Finds all messages of the flows that an id takes part in: a pass over the topics for the messages that name it, and one for
what belongs to the same flows."""

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from datetime import datetime

from replay.log.message import Message
from replay.log.scan import Texts, Window, progress_of, scan, window
from replay.shares import WHOLE, Share, in_shares
from stores.kafka.log import Logged, LogReader, Place
from topics.messages import headers

MOST = 20_000  # messages that are kept
_BY_ONE = 200_000  # messages that one process has read by the time that others would have begun

_NAMING = frozenset(
    (
        headers.ID, headers.SUBJECT, headers.CORRELATION, headers.CAUSATION, headers.OPERATION, headers.CALLER,
        headers.DLQ_ID,
    )
)  # fmt: skip

_ANY_CASE = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})(?![0-9a-z])", re.IGNORECASE
)
"""A UUID, or so many hexadecimal digits that it is no word: it is the same in upper case.
An id may hold one, as `courier:<user id>` does."""


@dataclass(slots=True)
class Found:
    """read: how many messages were looked at. cut: there are more than MOST."""

    topics: int
    read: int = 0
    seconds: float = 0.0
    cut: bool = False
    messages: list[Message] = field(default_factory=list[Message])


_Part = Callable[[LogReader, Window, Share], Awaitable[list[Message]]]
"""What a pass finds in a share of the log. Window: of that share."""

_Pass = Callable[[_Part], Awaitable[list[Message]]]
"""A pass over the whole log."""


async def find(log: LogReader, wanted: str, since: datetime | None) -> Found:
    """All messages joined by correlation with those that name the id, see spellings(). Raises Unavailable."""
    began = time.monotonic()
    return await _find(log, await window(log, log.topics, since), wanted, began)


async def find_in_shares(
    opens: Callable[[], AbstractAsyncContextManager[LogReader]], wanted: str, since: datetime | None, processes: int
) -> Found:
    """As `find`. processes: among which the partitions of a large log are split. Nothing may be open, see replay.shares."""
    began = time.monotonic()
    async with opens() as log:
        chosen = await window(log, log.topics, since)
        if processes == 1 or chosen.messages < _BY_ONE:
            return await _find(log, chosen, wanted, began)

    async def split(part: _Part) -> list[Message]:
        async def in_share(share: Share) -> list[Message]:
            async with opens() as log:
                return await part(log, chosen.dealt(share), share)

        return [message for found in await in_shares(in_share, processes) for message in found]

    return await _found(split, chosen, wanted, began)


async def _find(log: LogReader, chosen: Window, wanted: str, began: float) -> Found:
    return await _found(lambda part: part(log, chosen, WHOLE), chosen, wanted, began)


async def _found(passed: _Pass, chosen: Window, wanted: str, began: float) -> Found:
    found = Found(chosen.topics, read=chosen.messages)
    naming = await passed(lambda log, chosen, share: _naming(log, chosen, share, wanted))
    flows = {message.correlation for message in naming}
    kept = await passed(lambda log, chosen, share: _of_flows(log, chosen, share, flows)) if naming else []
    # A correlation that is no UTF-8 stands otherwise in the log than here: what named the id is there all the same.
    there = {_at(message) for message in kept}
    kept += [message for message in naming if _at(message) not in there]
    found.messages, found.cut = kept[:MOST], len(kept) > MOST
    found.seconds = time.monotonic() - began
    return found


async def _naming(log: LogReader, chosen: Window, share: Share, wanted: str) -> list[Message]:
    ids = spellings(wanted)
    texts = frozenset(id.encode(errors="surrogateescape") for id in ids)
    kept = list[Message]()
    async with aclosing(scan(log, chosen, Texts(texts), progress_of(share, chosen.messages, "looked at"))) as chunks:
        async for chunk in chunks:
            for message in map(Message, chunk):
                if _names(message.logged, texts) or message.id in ids:
                    kept.append(message)
    return kept


def spellings(id: str) -> frozenset[str]:
    """How the id may stand in the log: as it is given, and what is hexadecimal in it in lower and in upper case."""
    return frozenset(
        (id, _ANY_CASE.sub(lambda found: found[0].lower(), id), _ANY_CASE.sub(lambda found: found[0].upper(), id))
    )


async def _of_flows(log: LogReader, chosen: Window, share: Share, flows: set[str]) -> list[Message]:
    """MOST, and one more where there are more."""
    kept, wanted = list[Message](), Texts(flow.encode(errors="surrogateescape") for flow in flows)
    async with aclosing(scan(log, chosen, wanted, progress_of(share, chosen.messages, "read"))) as chunks:
        async for chunk in chunks:
            kept.extend(message for message in map(Message, chunk) if message.correlation in flows)
            if len(kept) > MOST:
                break
    return kept


def _at(message: Message) -> tuple[Place, int]:
    return message.logged.place, message.logged.offset


def _names(record: Logged, texts: frozenset[bytes]) -> bool:
    if record.key in texts:
        return True
    return any(value in texts and name in _NAMING for name, value in record.headers)

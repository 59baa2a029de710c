"""`./lezzet find --where EXPR`: the messages of all topics that a condition in CEL holds for.

topic, key, type, id, headers, body, version and time stand in it, as in
`type == "OrderPlaced" && body.total > 50000 && headers.ce_source == "lezzet/order"`. A condition that asks for a text, such as
a type, a key or a field, is far faster than one that does not: messages without that text are not taken apart.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from replay.failure import BadArgument, no_such_topic
from replay.log.message import Message, in_time, printed
from replay.log.scan import Progress, Window, scan, window
from replay.log.times import moment
from replay.log.where import Where
from replay.tools import Tools, say_answer
from stores.errors import Unavailable
from stores.kafka.log import LogReader

LAST = 1_000  # messages that are shown, where nothing else is asked for
_MOST = 100_000


@dataclass(frozen=True)
class Finds:
    """messages: the first ones in order of time. matching: how many there are in what was read. read: messages that were looked
    at. of: those of the range. stopped: why the rest of the range was not read; None where all of it was."""

    messages: Sequence[Message]
    matching: int
    read: int
    of: int
    topics: int
    seconds: float
    stopped: str | None = None

    @property
    def complete(self) -> bool:
        return self.stopped is None

    def data(self) -> dict[str, Any]:
        return {
            "complete": self.complete, "stopped": self.stopped, "matching": self.matching, "read": self.read,
            "of": self.of, "messages": [message.data() for message in self.messages],
        }  # fmt: skip

    def lines(self) -> list[str]:
        found = [f"{message.logged.topic}  {message.line()}" for message in self.messages]
        left = self.matching - len(self.messages)
        more = f", the first {len(self.messages):,} of them shown" if left else ""
        of = f"{self.topics} topic{'s'[: self.topics != 1]}"
        end = (
            f"complete: {self.matching:,} of {self.read:,} messages of {of}{more}; {self.seconds:.1f} s"
            if self.complete
            else f"NOT COMPLETE, {self.stopped}: {self.matching:,} of the {self.read:,} messages that were read{more};"
            f" {self.of - self.read:,} were not"
        )
        return [*found, end]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--where", required=True, metavar="EXPR", help="a condition in CEL; true for all of the range")
    parser.add_argument("--topic", action="append", default=[], help="only in this topic; may be given several times")
    parser.add_argument("--since", metavar="WHEN", help="30s, 10m, 2h, 3d, or a time such as 2026-11-26T20:00")
    parser.add_argument("--until", metavar="WHEN", help="as --since")
    parser.add_argument(
        "--count", type=int, default=LAST, metavar="N", help=f"show N messages at most (default: {LAST:,})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if not 1 <= said.count <= _MOST:
        raise BadArgument(f"--count: from 1 to {_MOST:,}")
    where, now = Where(said.where), datetime.now(UTC)
    since, until = moment("--since", said.since, now), moment("--until", said.until, now)
    async with tools.log() as log:
        found = await find(log, where, said.topic, since, until, said.count)
    say_answer(found, as_json=said.json)
    return 0 if found.complete else 1


async def find(
    log: LogReader,
    where: Where,
    topics: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    most: int = LAST,
) -> Finds:
    """topics: none for all. Raises BadArgument for a topic or a range that is not there, and Unavailable where nothing could be
    read. What stops it later is told in the answer."""
    for name in topics:
        if name not in log.topics:
            raise no_such_topic(name, log.topics)
    chosen = await window(log, topics or log.topics, since, until)
    if not chosen.messages and (since is not None or until is not None):
        raise BadArgument(f"no message of {', '.join(topics) or 'any topic'} is from that time{_range(since, until)}")
    return await _Search(where, most, chosen).run(log)


def _range(since: datetime | None, until: datetime | None) -> str:
    said = [f"{name} {at.isoformat(timespec='seconds')}" for name, at in (("since", since), ("until", until)) if at]
    return f" ({', '.join(said)})"


class _Search:
    """found: the first ones in order of time of those that matched, and some more."""

    def __init__(self, where: Where, most: int, chosen: Window) -> None:
        self._where, self._most, self._chosen = where, most, chosen
        self._progress = Progress(chosen.messages)
        self._found = list[Message]()
        self._matching = 0

    async def run(self, log: LogReader) -> Finds:
        began, stopped = asyncio.get_running_loop().time(), None
        try:
            await self._read(log)
        except Unavailable as error:
            stopped = printed(str(error))
        except asyncio.CancelledError:
            stopped = "interrupted"
        read = self._chosen.messages if stopped is None else self._progress.passed
        took = asyncio.get_running_loop().time() - began
        shown = in_time(self._found)[: self._most]
        return Finds(shown, self._matching, read, self._chosen.messages, self._chosen.topics, took, stopped)

    async def _read(self, log: LogReader) -> None:
        async with aclosing(scan(log, self._chosen, self._where.record_filter, self._progress)) as chunks:
            async for chunk in chunks:
                kept = [message for message in map(Message, chunk) if self._where(message)]
                self._matching += len(kept)
                self._found += kept
                if len(self._found) > 2 * self._most:
                    self._found = in_time(self._found)[: self._most]

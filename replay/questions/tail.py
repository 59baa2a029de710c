"""`./lezzet tail TOPIC`: the messages of one topic."""

import argparse
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from replay.failure import BadArgument, NotUnderstood, no_such_topic
from replay.log import reveal
from replay.log.message import Message, in_time
from replay.log.scan import All, Progress, Window, scan
from replay.log.where import Where
from replay.tools import Tools, say, say_json
from stores.kafka.log import Bounds, Logged, LogReader, Place

LAST = 10  # messages, where nothing else is asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument(
        "--from", dest="start", metavar="WHERE",
        help="beginning, end (and then follow), OFFSET in every partition, or PARTITION:OFFSET; else the last messages",
    )  # fmt: skip
    parser.add_argument("--count", type=int, metavar="N", help=f"at most N messages (without --from the last {LAST})")
    parser.add_argument("--where", metavar="EXPR", help="only messages that a condition in CEL holds for, as of `find`")
    parser.add_argument("--follow", action="store_true", help="wait for more")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    reveal.add_argument(parser)


@dataclass(frozen=True)
class _Plan:
    """starts: where each partition begins. limit: how many messages; last: the last ones that are there, not the first. where:
    only those that it holds for; None for all. reveal: with personal data."""

    starts: Mapping[Place, int]
    limit: int | None
    last: bool
    follow: bool
    where: Where | None
    reveal: bool

    def chosen(self, chunk: Iterable[Logged]) -> list[Message]:
        return [message for message in map(Message, chunk) if self.where is None or self.where(message)]


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if said.count is not None and said.count < 1:
        raise BadArgument("--count: at least 1")
    where = None if said.where is None else Where(said.where)
    async with tools.log(follows=True) as log:
        if said.topic not in log.topics:
            raise no_such_topic(said.topic, log.topics)
        bounds = await log.bounds(log.places([said.topic]))
        plan = _plan(bounds, said, where, reveal=await reveal.revealed(tools, "tail", said))
        await _print(log, bounds, plan, as_json=said.json)
    return 0


def _plan(bounds: Mapping[Place, Bounds], said: argparse.Namespace, where: Where | None, *, reveal: bool) -> _Plan:
    last = said.start is None
    limit = said.count or (LAST if last else None)
    # The last ones that a condition holds for may be anywhere.
    begin = starts(bounds, "beginning" if last and where else said.start, limit or LAST)
    return _Plan(begin, limit, last, said.follow or said.start == "end", where, reveal)


async def _print(log: LogReader, bounds: Mapping[Place, Bounds], plan: _Plan, *, as_json: bool) -> None:
    left = None if plan.last else plan.limit
    async with aclosing(_messages(log, bounds, plan)) as found:
        async for message in found:
            if as_json:
                say_json(message.data(plan.reveal))
            else:
                say(message.line(plan.reveal))
            left = None if left is None else left - 1
            if left == 0:
                return


async def _messages(log: LogReader, bounds: Mapping[Place, Bounds], plan: _Plan) -> AsyncGenerator[Message]:
    """What is there, in order of time where its number is bounded; then what comes, as it comes."""
    ends = {place: bounds[place].end for place in plan.starts}
    if plan.limit is None:
        async for chunk in _scan(log, plan, ends):
            for message in in_time(plan.chosen(chunk)):
                yield message
    else:
        for message in await _some(log, ends, plan, plan.limit):
            yield message
    if plan.follow:
        async for chunk in log.read(ends):
            for message in in_time(plan.chosen(chunk)):
                yield message


async def _some(log: LogReader, ends: Mapping[Place, int], plan: _Plan, limit: int) -> list[Message]:
    """The first or the last `limit` of all partitions."""
    if plan.where is None:  # each has at most that many of them
        ends = {place: min(end, plan.starts[place] + limit) for place, end in ends.items()}
    there = list[Message]()
    async for chunk in _scan(log, plan, ends):
        there += plan.chosen(chunk)
        if len(there) > 2 * limit + LAST:
            there = _kept(there, plan, limit)
    return _kept(there, plan, limit)


def _kept(there: list[Message], plan: _Plan, limit: int) -> list[Message]:
    ordered = in_time(there)
    return ordered[-limit:] if plan.last else ordered[:limit]


def _scan(log: LogReader, plan: _Plan, ends: Mapping[Place, int]) -> AsyncGenerator[list[Logged]]:
    there = Window(plan.starts, ends)
    return scan(log, there, All() if plan.where is None else plan.where.record_filter, Progress(there.messages))


def starts(bounds: Mapping[Place, Bounds], start: str | None, last: int) -> dict[Place, int]:
    """Where each partition begins. start: as `--from` has it; without it the last `last` messages of each are enough.

    Raises CannotDo.
    """
    match start:
        case None:
            return {place: max(bound.first, bound.end - last) for place, bound in bounds.items()}
        case "beginning":
            return {place: bound.first for place, bound in bounds.items()}
        case "end":
            return {place: bound.end for place, bound in bounds.items()}
        case _:
            return _from_offset(bounds, start)


def _from_offset(bounds: Mapping[Place, Bounds], start: str) -> dict[Place, int]:
    partition, _, offset = start.rpartition(":")
    if not offset.isdecimal() or (partition and not partition.isdecimal()):
        raise NotUnderstood(f"--from: {start!r} is none of beginning, end, OFFSET, PARTITION:OFFSET")
    wanted = {
        place: min(max(int(offset), bound.first), bound.end)
        for place, bound in bounds.items()
        if not partition or place.partition == int(partition)
    }
    if not wanted:
        raise BadArgument(f"--from: there is no partition {partition}, only 0 to {len(bounds) - 1}")
    ends = {place.partition: bounds[place].end for place in wanted}
    if int(offset) > max(ends.values()):
        there = ", ".join(f"{number}:{end}" for number, end in sorted(ends.items()))
        raise BadArgument(f"--from: nothing stands at {start} yet, the next message will stand at {there}")
    return wanted

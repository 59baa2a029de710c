"""`./lezzet tail TOPIC`: the messages of one topic."""

import argparse
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from replay.failure import CannotDo, no_such_topic
from replay.log import reveal
from replay.log.message import Message, in_time
from replay.tools import Tools, say, say_json
from stores.kafka.log import Bounds, LogReader, Place

LAST = 10  # messages, where nothing else is asked for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic")
    parser.add_argument(
        "--from", dest="start", metavar="WHERE",
        help="beginning, end (and then follow), OFFSET in every partition, or PARTITION:OFFSET; else the last messages",
    )  # fmt: skip
    parser.add_argument("--count", type=int, metavar="N", help=f"at most N messages (without --from the last {LAST})")
    parser.add_argument("--follow", action="store_true", help="wait for more")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    reveal.add_argument(parser)


@dataclass(frozen=True)
class _Plan:
    """starts: where each partition begins. limit: how many messages; last: the last ones that are there, not the first.
    reveal: with personal data."""

    starts: Mapping[Place, int]
    limit: int | None
    last: bool
    follow: bool
    reveal: bool


async def run(tools: Tools, said: argparse.Namespace) -> int:
    if said.count is not None and said.count < 1:
        raise CannotDo("--count: at least 1")
    async with tools.log() as log:
        if said.topic not in log.topics:
            raise no_such_topic(said.topic, log.topics)
        bounds = await log.bounds(log.places([said.topic]))
        plan = _plan(bounds, said, reveal=await reveal.revealed(tools, "tail", said))
        await _print(log, bounds, plan, as_json=said.json)
    return 0


def _plan(bounds: Mapping[Place, Bounds], said: argparse.Namespace, *, reveal: bool) -> _Plan:
    last = said.start is None
    limit = said.count or (LAST if last else None)
    return _Plan(starts(bounds, said.start, limit or LAST), limit, last, said.follow or said.start == "end", reveal)


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
        async for chunk in log.read(plan.starts, ends):
            for message in in_time([*map(Message, chunk)]):
                yield message
    else:
        for message in await _some(log, ends, plan, plan.limit):
            yield message
    if plan.follow:
        async for chunk in log.read(ends):
            for message in in_time([*map(Message, chunk)]):
                yield message


async def _some(log: LogReader, ends: Mapping[Place, int], plan: _Plan, limit: int) -> list[Message]:
    """The first or the last `limit` of all partitions: each has at most that many of them."""
    stops = {place: min(end, plan.starts[place] + limit) for place, end in ends.items()}
    there = in_time([Message(record) async for chunk in log.read(plan.starts, stops) for record in chunk])
    return there[-limit:] if plan.last else there[:limit]


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
        raise CannotDo(f"--from: {start!r} is none of beginning, end, OFFSET, PARTITION:OFFSET")
    wanted = {
        place: min(max(int(offset), bound.first), bound.end)
        for place, bound in bounds.items()
        if not partition or place.partition == int(partition)
    }
    if not wanted:
        raise CannotDo(f"--from: there is no partition {partition}, only 0 to {len(bounds) - 1}")
    return wanted

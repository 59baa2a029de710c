"""Rows of a topic, of which only so many are kept as a page shows, however large the messages are."""

import heapq
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import NamedTuple

from replay.console.rows import Row
from stores.kafka.log import Bounds, Logged, LogReader, Place


class Came(NamedTuple):
    """rows: in order of time. more: how many messages came beside these. nexts: where each partition goes on."""

    rows: Sequence[Row]
    more: int
    nexts: Mapping[Place, int]


def order(row: Row) -> tuple[datetime, str, int, int]:
    return row.at, row.topic, row.partition, row.offset


async def rows(log: LogReader, starts: Mapping[Place, int], stops: Mapping[Place, int]) -> list[Row]:
    """In order of time. Whoever asks bounds how many there are between the two."""
    return sorted([Row.of_record(record) async for chunk in log.read(starts, stops) for record in chunk], key=order)


async def last(log: LogReader, bounds: Mapping[Place, Bounds], most: int) -> list[Row]:
    """The last `most` of these partitions, the newest first."""
    starts = {place: max(bound.first, bound.end - most) for place, bound in bounds.items()}
    found = await rows(log, starts, {place: bound.end for place, bound in bounds.items()})
    return found[: -most - 1 : -1]


async def first(log: LogReader, starts: Mapping[Place, int], bounds: Mapping[Place, Bounds], most: int) -> list[Row]:
    """The first `most` from there on."""
    stops = {place: min(bounds[place].end, start + most) for place, start in starts.items()}
    return (await rows(log, starts, stops))[:most]


async def one(log: LogReader, place: Place, offset: int) -> Logged | None:
    """None: nothing stands there, or only the mark of a transaction."""
    bounds = (await log.bounds([place]))[place]
    if not bounds.first <= offset < bounds.end:
        return None
    async with aclosing(log.read({place: offset}, {place: offset + 1})) as found:
        return next((record for chunk in [c async for c in found] for record in chunk), None)


async def coming(log: LogReader, starts: Mapping[Place, int], most: int) -> AsyncGenerator[Came]:
    """For ever, as they come."""
    nexts = dict(starts)
    async with aclosing(log.read(starts)) as chunks:
        async for chunk in chunks:
            for record in chunk:
                nexts[record.place] = record.offset + 1
            newest = heapq.nlargest(most, chunk, key=lambda record: record.at)
            yield Came(sorted(map(Row.of_record, newest), key=order), len(chunk) - len(newest), dict(nexts))

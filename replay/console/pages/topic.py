"""`/topics/NAME`: one topic: who writes and reads it, its partitions, how many messages came when, and the messages."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from aiohttp import web

from replay.console import reading
from replay.console.desk import Away, Desk, or_away
from replay.console.frame import Shown
from replay.console.options import one_of, options
from replay.console.pages.topics import reader_standings
from replay.console.rows import Row
from replay.console.streams import Event
from replay.failure import no_such_topic
from replay.log.times import moment
from replay.questions.tail import starts
from replay.topics.floors import Standing
from stores.kafka.log import Bounds, LogReader, Place
from topics.contracts import all_topics
from topics.messages.topic import FOREVER, Topic

COUNTS = (20, 50, 200)
WINDOWS = ("15m", "1h", "6h", "1d", "7d")
BARS = 48
_AT_ONCE = 50  # rows that a live page is sent at once
_FOLLOWED = 20_000  # messages of a lost connection that are made up for


@dataclass(frozen=True, slots=True)
class Bar:
    """messages that came from `since` on. height: 0 to 100, of the highest bar."""

    since: datetime
    messages: int
    height: float


async def topic(desk: Desk, request: web.Request) -> Shown:
    name = request.match_info["topic"]
    start, since = request.query.get("from") or None, request.query.get("since") or None
    count, window = one_of(request, "count", COUNTS, 50), one_of(request, "window", WINDOWS, "1h")
    readers = await or_away(reader_standings(desk))
    async with desk.readers.lend() as log:
        if name not in log.topics:
            raise no_such_topic(name, log.topics)
        bounds = await log.bounds(log.places([name]))
        rows = await _rows(log, bounds, start, since, count)
        bars = await _bars(log, bounds, window)
    live = start is None and since is None
    values = {
        "name": name, "about": _about(all_topics().get(name)), "partitions": _partitions(bounds, readers),
        "groups": sorted({one.group for one in _of(readers, name)}), "rows": rows, "bars": bars, "window": window,
        "windows": WINDOWS, "counts": COUNTS, "count": count, "start": start, "since": since, "live": live,
        "after": _positions({place: bound.end for place, bound in bounds.items()}),
        "away": readers if isinstance(readers, Away) else None,
        "messages": sum(bound.end - bound.first for bound in bounds.values()),
    }  # fmt: skip
    command = ["tail", name, "--count", str(count), *options({"from": start})]
    return Shown("topic.html", name, values, command)


async def tail(desk: Desk, request: web.Request) -> AsyncGenerator[Event]:
    """Events `rows`: what comes, from the places on that the page was made at, or that the browser was told last."""
    name = request.match_info["topic"]
    said = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    async with desk.tools.log(follows=True) as log:
        bounds = await log.bounds(log.places([name]))
        begin = _begin(said, bounds)
        async for came in reading.coming(log, begin, _AT_ONCE):
            data = {"rows": [row.told() for row in came.rows], "more": came.more}
            yield Event("rows", data, _positions(came.nexts))


async def _rows(
    log: LogReader, bounds: Mapping[Place, Bounds], start: str | None, since: str | None, count: int
) -> list[Row]:
    """The last ones, the newest first; from a place or a time on the first ones, the oldest first."""
    at = moment("since", since, datetime.now(UTC))
    if at is not None:
        found = await log.since([*bounds], at)
        return await reading.first(log, found, bounds, count)
    if start is not None and start != "end":
        return await reading.first(log, starts(bounds, start, count), bounds, count)
    return await reading.last(log, bounds, count)


async def _bars(log: LogReader, bounds: Mapping[Place, Bounds], window: str) -> list[Bar]:
    """By the offsets that stand at these times: no message is read."""
    now = datetime.now(UTC)
    begin = moment("window", window, now)
    assert begin is not None
    step = (now - begin) / BARS
    edges = [begin + step * number for number in range(BARS)]
    ends = {place: bound.end for place, bound in bounds.items()}
    sums: list[int] = []
    for edge in edges:
        found = await log.since([*bounds], edge)
        sums.append(sum(found.get(place, end) for place, end in ends.items()))
    sums.append(sum(ends.values()))
    counts = [max(0, later - earlier) for earlier, later in pairwise(sums)]
    highest = max(counts, default=0) or 1
    return [Bar(edge, n, n / highest * 100) for edge, n in zip(edges, counts, strict=True)]


def _about(contract: Topic | None) -> Mapping[str, Any] | None:
    if contract is None:
        return None
    kept = "for ever" if contract.retention == FOREVER else _days(contract.retention)
    return {
        "producers": contract.producers, "consumers": contract.consumers, "key": contract.key, "kept": kept,
        "types": [kind.__name__ for kind in contract.messages],
    }  # fmt: skip


def _days(kept: timedelta) -> str:
    return f"{kept.days} days"


def _partitions(bounds: Mapping[Place, Bounds], readers: Sequence[Standing] | Away) -> list[dict[str, Any]]:
    """lag: by group."""
    known = {(one.place, one.group): one.next for one in _of(readers, None)}
    groups = {group for _, group in known}
    return [
        {
            "partition": place.partition, "first": bound.first, "end": bound.end,
            "lag": {g: max(0, bound.end - known[place, g]) for g in groups if (place, g) in known},
        }
        for place, bound in sorted(bounds.items())
    ]  # fmt: skip


def _of(readers: Sequence[Standing] | Away, topic: str | None) -> list[Standing]:
    if isinstance(readers, Away):
        return []
    return [one for one in readers if topic is None or one.place.topic == topic]


def _positions(places: Mapping[Place, int]) -> str:
    return ",".join(f"{place.partition}-{offset}" for place, offset in places.items())


def _begin(said: str, bounds: Mapping[Place, Bounds]) -> dict[Place, int]:
    """Where each partition goes on: at its end where nothing usable is said, or too much has come since."""
    known: dict[int, int] = {}
    for each in said.split(",")[: len(bounds)]:
        partition, _, offset = each.partition("-")
        if partition.isdecimal() and offset.isdecimal() and len(each) < 40:
            known[int(partition)] = int(offset)
    ends = {place: bound.end for place, bound in bounds.items()}
    asked = {place: known.get(place.partition, end) for place, end in ends.items()}
    return {place: at if 0 <= ends[place] - at <= _FOLLOWED else ends[place] for place, at in asked.items()}

"""Is the process alive, and can it do its work: for load balancers and for `./lezzet status`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from http_edge.routing.asked import Asked
from http_edge.routing.edge import Edge
from http_edge.routing.routes import AnyRow, ComposedRow, OwnRow, ReadingRow, ViewRow
from http_edge.wire.answer import Answer, of_json
from stores.errors import Unavailable
from topics.keys import DENY_READY, view_of_ready

CHECK_SECONDS = 1.0


class Readiness(msgspec.Struct, frozen=True):
    """ready: the others are as they should be. lacks: those that are not, in words. accepting: it has begun, and does not end.
    clock: it is near the broker's. clock_skew_ms: that the broker is ahead, null before the first write. views: by ready key.
    writable: Redis takes writes, which it does not at its memory limit. silent: topics whose commands are not answered
    (http_edge/routing/unanswered.py)."""

    ready: bool
    lacks: list[str]
    kafka: bool
    redis: bool
    replies: bool
    accepting: bool
    clock: bool
    clock_skew_ms: int | None
    views: dict[str, bool]
    writable: bool
    silent: list[str]


def ready_keys(rows: Iterable[AnyRow]) -> tuple[str, ...]:
    """What must stand in Redis before every route can answer."""
    found = {DENY_READY}
    for row in rows:
        if isinstance(row, ReadingRow):
            joined = row.join.view if isinstance(row, ViewRow) and row.join else None
            found.update(view.ready for view in (row.view, joined, row.guard and row.guard.view) if view)
        elif isinstance(row, OwnRow):
            found.update(view.ready for view in row.reads)
        elif isinstance(row, ComposedRow):
            found.update(view.ready for view in row.needs)
        elif row.waits_for_view is not None:
            found.add(row.waits_for_view.ready)
    return tuple(sorted(found))


async def readiness(edge: Edge, keys: tuple[str, ...]) -> Readiness:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            values = await edge.reads.get(keys)
        redis, views = True, {key: value is not None for key, value in zip(keys, values, strict=True)}
    except (Unavailable, TimeoutError):
        redis, views = False, dict.fromkeys(keys, False)
    kafka, replies = edge.commands.connected, edge.answers.connected
    accepting, clock, skew = edge.connections.accepting, edge.broker_clock.sane, edge.broker_clock.skew
    writable, silent = not edge.memory.refuses, edge.unanswered.silent()
    skew_ms = None if skew is None else round(skew * 1000)
    parts = {
        "kafka": kafka,
        "redis": redis,
        "replies": replies,
        "accepting": accepting,
        "clock": clock,
        "writable": writable,
    }
    lacks = [name for name, good in parts.items() if not good]
    lacks += [f"view {view_of_ready(key)}" for key, there in views.items() if redis and not there]
    lacks += [f"answers to {topic}" for topic in silent]
    return Readiness(not lacks, lacks, kafka, redis, replies, accepting, clock, skew_ms, views, writable, silent)


def ready_handler(keys: tuple[str, ...]) -> Callable[[Asked], Awaitable[Answer]]:
    async def ready(asked: Asked) -> Answer:
        found = await readiness(asked.edge, keys)
        return of_json(found, 200 if found.ready else 503)

    return ready


async def live(asked: Asked) -> Answer:
    return of_json({"live": True})

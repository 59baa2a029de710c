"""Whether an agents process is ready, and what it lacks: for /health/ready, the log, and whoever waits for its start.

Ready: the groups have started, every assigned partition is open, none is held back since its commands raise one after the
other, few messages are not done yet, and readers can use every view that this process shows. A group that nobody waits for
(awaited: false) is told, and does not count. Nor does what is heard beside the groups (away): Kafka's messages do not wait for
it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

import msgspec
import structlog

from agents.runtime.beside import Beside
from agents.runtime.process import Process
from agents.runtime.reading.tending import Tending
from agents.runtime.transport.group import Group
from stores.errors import Unavailable
from stores.log_repeats import Drags
from stores.redis.generations import ViewGenerations

log = structlog.get_logger()

READY_LAG = 1000  # messages
CHECK_SECONDS = 1.0  # for the answer of Redis
_LOOK = 0.5  # seconds between two looks of a process that starts

Unready = Callable[[], Awaitable[Sequence[str]]]
"""Views that no reader can use yet."""


class OfGroup(msgspec.Struct, frozen=True):
    """held_back: partitions whose commands raise one after the other. stopped: partitions that stand still. behind: those of
    which some aggregates stay behind. Both with the reason: newer code has published what this code cannot read, or a
    projection raised. since: of those that are held back or stopped, as far as this process knows. A partition is
    TOPIC:PARTITION."""

    lag: int
    settled: bool
    held_back: list[str]
    stopped: dict[str, str]
    behind: dict[str, str]
    since: dict[str, datetime]
    awaited: bool


class Found(msgspec.Struct, frozen=True):
    """lacks: why it is not ready, in words; empty where it is. stands: those of them that more waiting does not mend.
    lag: of the groups that count. views: that no reader can use. away: what beside the groups does nothing now, and why."""

    ready: bool
    started: bool
    lacks: list[str]
    stands: list[str]
    lag: int
    groups: dict[str, OfGroup]
    views: list[str]
    away: dict[str, str]


def of_group(group: Group) -> OfGroup:
    return OfGroup(
        group.lag(), group.settled, group.held_back(), group.stopped(), group.behind(), group.since(), group.awaited
    )


async def _none() -> Sequence[str]:
    return ()


class Readiness:
    """unready: asked once the groups have started."""

    def __init__(self, process: Process, besides: Sequence[Beside] = (), unready: Unready = _none) -> None:
        self._process = process
        self._besides = besides
        self._unready = unready

    async def look(self) -> Found:
        started = self._process.started
        groups = {group.name: of_group(group) for group in self._process.groups} if started else {}
        views = list(await self._unready()) if started else []
        away = {each.name: why for each in self._besides if (why := each.away()) is not None}
        awaited = {name: group for name, group in groups.items() if group.awaited}
        lag = sum(group.lag for group in awaited.values())
        stands = list(_standing(awaited))
        comes = (
            [*_coming(awaited, lag), *(f"view {view}" for view in views)] if started else ["the start of its groups"]
        )
        lacks = [*stands, *comes]
        return Found(not lacks, started, lacks, stands, lag, groups, views, away)

    async def tell(self) -> None:
        """Logs when the process is ready, and what it lacks where that takes long. Then it ends."""
        drags = Drags()
        while not (found := await self.look()).ready:
            if seconds := drags.due():
                log.warning("agents_not_ready", seconds=seconds, lacks=found.lacks)
            await asyncio.sleep(_LOOK)
        log.info("agents_ready")


def unready_views(generations: ViewGenerations, tended: Sequence[Tending]) -> Unready:
    """Of those that this process shows, whoever has their partitions. All of them where Redis does not tell."""
    names = sorted({view for each in tended for view in each.forms})

    async def unready() -> Sequence[str]:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                known = await generations.read(names)
        except (Unavailable, TimeoutError):
            return names
        return [name for name in names if known[name].now.live is None]

    return unready


def _standing(groups: dict[str, OfGroup]) -> Iterable[str]:
    for name, group in groups.items():
        yield from (f"{source} of {name}, which stands still: {why}" for source, why in group.stopped.items())
        yield from (f"{source} of {name}, whose commands raise" for source in group.held_back)


def _coming(groups: dict[str, OfGroup], lag: int) -> Iterable[str]:
    # One with a stopped partition never counts as settled: that one is not open.
    yield from (f"partitions of {name}" for name, group in groups.items() if not group.settled and not group.stopped)
    if lag > READY_LAG:
        yield f"{lag} messages"

"""Liveness, readiness and metrics of an agents process, over HTTP on loopback.

live: the event loop and the fetch loops of all groups are running. ready: every assigned partition is open, none is held back
since its commands raise one after the other, and few messages are not done yet. It names the partitions that stand still
(stopped) and those of which aggregates stay behind (behind), with the reason: newer code has published what this code cannot
read, or a projection raised. A group that nobody waits for (awaited: false) is told, and does not count. away: what beside the
groups does nothing now, and why; Kafka's messages do not wait for it.
"""

from collections.abc import Sequence

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.runtime.beside import Beside
from agents.runtime.process import Process
from agents.runtime.transport.group import Group

STUCK = 20.0  # seconds without a turn of a fetch loop, after which it counts as hanging
_READY_LAG = 1000  # messages


class _Told(msgspec.Struct, frozen=True):
    """held_back: partitions whose commands raise one after the other. stopped, behind: partition → why."""

    lag: int
    settled: bool
    held_back: list[str]
    stopped: dict[str, str]
    behind: dict[str, str]
    awaited: bool


def _told(group: Group) -> _Told:
    return _Told(group.lag(), group.settled, group.held_back(), group.stopped(), group.behind(), group.awaited)


class Health:
    """stuck: seconds without a turn of a fetch loop, after which the process is not alive."""

    def __init__(self, process: Process, besides: Sequence[Beside] = (), stuck: float = STUCK) -> None:
        self._process = process
        self._besides = besides
        self._stuck = stuck
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Returns the port that it listens on."""
        app = web.Application()
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _request: web.Request) -> web.Response:
        groups = self._process.groups if self._process.started else ()
        stuck = [group.name for group in groups if group.stuck(self._stuck)]
        return _json({"live": not stuck, "stuck": stuck}, 503 if stuck else 200)

    async def _ready(self, _request: web.Request) -> web.Response:
        started = self._process.started
        groups = {g.name: _told(g) for g in self._process.groups} if started else {}
        awaited = [group for group in groups.values() if group.awaited]
        lag = sum(group.lag for group in awaited)
        ready = started and lag <= _READY_LAG and all(g.settled and not g.held_back for g in awaited)
        away = {each.name: why for each in self._besides if (why := each.away()) is not None}
        told = {"ready": ready, "started": started, "lag": lag, "groups": groups, "away": away}
        return _json(told, 200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        if self._process.started:
            for group in self._process.groups:
                _told(group)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")

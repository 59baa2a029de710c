"""Liveness, readiness and metrics of an agents process, over HTTP on loopback.

live: the event loop and the fetch loops of all groups are running. ready: every assigned partition is open, and few messages
are not done yet. It names the partitions that stand still (stopped) and those of which aggregates stay behind (behind), with
the reason: newer code has published what this code cannot read, or a projection raised.
"""

from typing import Any

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.runtime.process import Process
from agents.runtime.transport.group import Group

STUCK = 20.0  # seconds without a turn of a fetch loop, after which it counts as hanging
_READY_LAG = 1000  # messages


class Health:
    """stuck: seconds without a turn of a fetch loop, after which the process is not alive."""

    def __init__(self, process: Process, stuck: float = STUCK) -> None:
        self._process = process
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
        groups = {group.name: _said(group) for group in self._process.groups} if started else {}
        lag = sum(int(group["lag"]) for group in groups.values())
        ready = started and lag <= _READY_LAG and all(group["settled"] for group in groups.values())
        return _json({"ready": ready, "started": started, "lag": lag, "groups": groups}, 200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        if self._process.started:
            for group in self._process.groups:
                group.lag()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _said(group: Group) -> dict[str, Any]:
    said: dict[str, Any] = {"lag": group.lag(), "settled": group.settled}
    leases = group.leases
    if leases.stopped:
        said["stopped"] = {f"{tp.topic}:{tp.partition}": why for tp, why in leases.stopped.items()}
    if behind := {f"{tp.topic}:{tp.partition}": lease.missed for tp, lease in leases.held.items() if lease.missed}:
        said["behind"] = behind
    return said


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")

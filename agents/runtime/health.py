"""Liveness, readiness and metrics of an agents process, over HTTP on loopback.

live: the event loop and the fetch loops of all groups are running. ready: see agents/runtime/readiness.py.
"""

import msgspec
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.runtime.process import Process
from agents.runtime.readiness import Readiness, of_group

STUCK = 20.0  # seconds without a turn of a fetch loop, after which it counts as hanging


class Health:
    """stuck: seconds without a turn of a fetch loop, after which the process is not alive."""

    def __init__(self, process: Process, readiness: Readiness, stuck: float = STUCK) -> None:
        self._process = process
        self._readiness = readiness
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
        found = await self._readiness.look()
        return _json(found, 200 if found.ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        if self._process.started:
            for group in self._process.groups:
                of_group(group)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _json(body: object, status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")

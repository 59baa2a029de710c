"""`python -m agents.logs`: takes log lines from RabbitMQ into Elasticsearch. Any number may run side by side."""

import asyncio
from collections.abc import Callable

import uvloop
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents.logs.taking import LogAgent
from stores import telemetry
from stores.ending import end, told_to_end
from stores.logs.lines import Lines
from stores.logs.shipping import shipping
from stores.settings import BadSetting, Settings, exit_with, load_or_exit

_log = telemetry.logger("agents.logs")


async def run(settings: Settings, lines: Lines) -> None:
    """Until SIGTERM or SIGINT. Raises BadSetting."""
    stop = told_to_end()
    agent = LogAgent(settings)
    runner = await _health(settings.logs_health_port, lambda: agent.away)
    async with shipping(settings.rabbit, "logs", lines):
        _log.info("logs_starting")
        taking, ended = asyncio.create_task(agent.run()), asyncio.create_task(stop.wait())
        await asyncio.wait((taking, ended), return_when=asyncio.FIRST_COMPLETED)
        if taking.done():
            taking.result()  # raises: the supervisor starts another process
        await end(taking)
        _log.info("logs_stopped")
    await runner.cleanup()


async def _health(port: int, away: Callable[[], str | None]) -> web.AppRunner:
    """On loopback: /health/ready says whether lines come into the index, /metrics how many. Raises BadSetting."""

    async def ready(_request: web.Request) -> web.Response:
        why = away()
        return web.json_response({"ready": why is None, "away": why}, status=200 if why is None else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        raise BadSetting("LOGS_HEALTH_PORT", f"cannot listen on it: {error.strerror}") from error
    return runner


def main() -> None:
    settings, lines = load_or_exit(), Lines()
    telemetry.configure("logs", settings.log_level, lines)
    try:
        uvloop.run(run(settings, lines))
    except BadSetting as error:
        exit_with(error)


if __name__ == "__main__":
    main()

"""aiohttp at its lowest level: sockets shared by several processes, and problem+json also for what is no HTTP."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from http_edge.gateway import Gateway
from http_edge.wire import trace
from http_edge.wire.problems import Problem, internal
from http_edge.wire.responses import respond

SHUTDOWN_SECONDS = 4.0  # requests that are running end within 3 s by themselves
LINGER_SECONDS = 2.0  # for the rest of a body that was refused
KEEPALIVE_SECONDS = 75.0
MAX_LINE = 16 * 1024


class _Protocol(RequestHandler):
    """Answers what the parser refuses (bad request lines, headers, chunks) like everything else."""

    on_lost: Callable[[], None] | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        if status >= 500:
            self.log_exception("Unhandled", exc_info=exc)
            problem = internal()
        else:
            problem = Problem(status, "bad_request", f"This is no HTTP request: {HTTPStatus(status).phrase}.")
        named = trace.of_request(request.headers)
        wire = respond(request, problem.answer(named.request_id), frozenset(), named.request_id, close=True)
        return cast(web.StreamResponse, wire)


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Runner(web.ServerRunner):
    """Ends streams once it accepts no more: a client that comes back at once meets another process."""

    def __init__(self, server: web.Server, gateway: Gateway) -> None:
        super().__init__(server, shutdown_timeout=SHUTDOWN_SECONDS)
        self._gateway = gateway

    async def shutdown(self) -> None:
        self._gateway.end_streams()


class Serving:
    """A listening edge. port: as bound, also where 0 was asked for."""

    def __init__(self, runner: web.ServerRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        """Stops accepting, ends streams, lets running requests end (SHUTDOWN_SECONDS at most)."""
        await self._runner.cleanup()


async def serve(gateway: Gateway, host: str, port: int) -> Serving:
    """Raises OSError where the port cannot be had. SO_REUSEPORT: the kernel spreads connections over the processes."""
    options: dict[str, Any] = {
        "access_log": None,
        "auto_decompress": False,
        "keepalive_timeout": KEEPALIVE_SECONDS,
        "lingering_time": LINGER_SECONDS,
        "max_line_size": MAX_LINE,
        "max_field_size": MAX_LINE,
    }
    # aiohttp asks of a response only what Wire has
    server = _Server(cast(Any, gateway.handle), loop=asyncio.get_running_loop(), **options)
    runner = _Runner(server, gateway)
    await runner.setup()
    await web.TCPSite(runner, host, port, reuse_port=True, backlog=1024).start()
    return Serving(runner, int(runner.addresses[0][1]))

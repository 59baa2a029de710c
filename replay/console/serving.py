"""The web server of the console: its routes, and what becomes of an error on the way to a page."""

import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from replay.console.desk import Desk, not_now
from replay.console.entering import Entrance
from replay.console.frame import Frame, Shown
from replay.console.guard import Guard, add_headers
from replay.console.pages import (
    dead_letters,
    find,
    flow,
    home,
    logs,
    map,
    message,
    processes,
    state,
    topic,
    topics,
    views,
)
from replay.console.pulse import Pulse
from replay.console.readers import Readers
from replay.console.streams import Event, Streams
from replay.failure import CannotDo, NotUnderstood
from replay.tools import Tools
from stores.errors import Doubt

HOST = "127.0.0.1"
_STATIC = Path(__file__).parent / "static"
_FORM_BYTES = 4 * 1024 * 1024
_ENDING_SECONDS = 2.0

Page = Callable[[Desk, web.Request], Awaitable[Shown | web.Response]]
Told = Callable[[Desk, web.Request], AsyncGenerator[Event]]

PAGES: tuple[tuple[str, Page], ...] = (
    ("/", home.home),
    ("/search", home.search),
    ("/flow/{id}", flow.flow),
    ("/state/{id}", state.aggregate),
    ("/decide/{domain}", state.decided),
    ("/find", find.page),
    ("/topics", topics.topics),
    ("/topics/{topic}", topic.topic),
    ("/messages/{topic}/{partition}/{offset}", message.message),
    ("/messages/{topic}/{partition}/{offset}/raw", message.raw),
    ("/dlq", dead_letters.dead_letters),
    ("/dlq/{topic}", dead_letters.dead_letters),
    ("/dlq/{topic}/{place}", dead_letters.dead_letter),
    ("/views", views.views),
    ("/map", map.show),
    ("/logs", logs.logs),
    ("/processes", processes.running),
)
FORMS: tuple[tuple[str, Page], ...] = (
    ("/dlq/{topic}", dead_letters.group_redriven),
    ("/dlq/{topic}/{place}", dead_letters.redriven),
)
STREAMS: tuple[tuple[str, Told], ...] = (
    ("/live/numbers", topics.numbers),
    ("/live/topics/{topic}", topic.tail),
)


class _Console:
    def __init__(self, desk: Desk, frame: Frame, streams: Streams) -> None:
        self._desk = desk
        self._frame = frame
        self._streams = streams

    def page(self, show: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                shown = await show(self._desk, request)
            except (CannotDo, Doubt) as error:
                shown = _failed(error)
            return self._frame.page(request, shown) if isinstance(shown, Shown) else shown

        return answer

    def stream(self, events: Told) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._streams.carry(request, events(self._desk, request))

        return answer


async def _no_page(_desk: Desk, request: web.Request) -> Shown:
    """Behind all others. Raises CannotDo."""
    raise CannotDo(f"there is no page {request.path}: the links above lead to those that there are")


def _failed(error: CannotDo | Doubt) -> Shown:
    if isinstance(error, NotUnderstood):
        return Shown("failed.html", "Not understood", {"why": str(error)}, status=400)
    if isinstance(error, CannotDo):
        return Shown("failed.html", "Not found", {"why": str(error)}, status=404)
    return Shown("failed.html", "Not now", {"why": not_now(error)}, status=503)


@asynccontextmanager
async def served(
    tools: Tools, key: bytes, *, port: int, write: bool, environment: Mapping[str, str]
) -> AsyncGenerator[int]:
    """The port that it listens on, of this machine alone. port: 0 for any free one. environment: see Desk. Raises OSError where
    the port is taken."""
    readers, frame, streams = Readers(tools.log), Frame(write=write), Streams()
    console = _Console(Desk(tools, readers, Pulse(readers), write, environment), frame, streams)
    app = web.Application(client_max_size=_FORM_BYTES)
    app.on_response_prepare.append(add_headers)
    # handler_cancellation: a browser that goes on to another page frees what it took here at once.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_ENDING_SECONDS, handler_cancellation=True)
    listener = _listening(port)
    bound: int = listener.getsockname()[1]
    guard = Guard(Entrance(key, bound), frame)
    app.middlewares.append(guard.middleware)
    app.router.add_get("/enter", guard.enter)
    app.router.add_get("/health/live", _alive)
    app.router.add_static("/static/", _STATIC)
    for path, show in PAGES:
        app.router.add_get(path, console.page(show))
    for path, show in FORMS:
        app.router.add_post(path, console.page(show))
    for path, events in STREAMS:
        app.router.add_get(path, console.stream(events))
    app.router.add_get("/{elsewhere:.*}", console.page(_no_page))
    try:
        await runner.setup()
        await web.SockSite(runner, listener).start()
        yield bound
    finally:
        await streams.close()
        await runner.cleanup()
        await readers.close()


def _listening(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")

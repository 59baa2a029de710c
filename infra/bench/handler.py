"""An aiohttp handler that a bench compares with, as bare as it can be."""

import uvloop
from aiohttp import web


def serve(application: web.Application, port: int) -> None:
    """Until SIGTERM. It writes nothing."""
    web.run_app(
        application, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=lambda *_: None
    )

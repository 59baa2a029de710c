"""Small programs to supervise: they are ready when they have written their file, within milliseconds."""

import asyncio
import socket
import sys
from collections.abc import Callable
from time import monotonic

from infra.layout.folders import DataFolder
from infra.process.answers import answers
from infra.process.program import Program

DEADLINE = 60.0
SLEEPS = "open({ready!r}, 'w').close(); import time; time.sleep(600)"
SLEEPS_ON_AT_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"

UNWELL = """
from http.server import BaseHTTPRequestHandler, HTTPServer

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b'{{"ready": false, "lag": 7, "lacks": ["kafka", "view basket"]}}')

    def log_message(self, *said):
        pass

HTTPServer(("127.0.0.1", {port}), Answers).serve_forever()
"""


def program(data: DataFolder, name: str = "sleeper", script: str = SLEEPS, patience: float = 5.0) -> Program:
    ready = data.root / f"{name}.ready"

    async def is_ready() -> bool:
        return ready.exists()

    argv = (sys.executable, "-S", "-c", script.format(ready=str(ready)))
    return Program(name=name, argv=argv, folder=data.root, ready=is_ready, patience=patience, start_within=DEADLINE)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def unwell(data: DataFolder) -> Program:
    """It answers that it is not ready. Whoever waits for it gives up at once."""
    port = free_port()
    health = f"http://127.0.0.1:{port}/health/ready"
    argv = (sys.executable, "-S", "-c", UNWELL.format(port=port))
    return Program(
        name="unwell", argv=argv, folder=data.root, ready=lambda: answers(health), health=health, start_within=0.1
    )


async def until(condition: Callable[[], bool], what: str) -> None:
    """Fails with `what` where the condition does not come true."""
    deadline = monotonic() + DEADLINE
    while not condition():
        assert monotonic() < deadline, f"expected that {what}"
        await asyncio.sleep(0.01)

"""A JSON line a request, in the shape of the other log lines, encoded and written in bunches: structlog's way costs
more than the request. The route is logged, not the path: paths hold ids that are permissions, queries may hold tokens.

All of them are of level info: what somebody should look at has a line of its own."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

FLUSH_SECONDS = 0.1


class Line(msgspec.Struct, frozen=True):
    event: str
    level: str
    process: str
    timestamp: str
    method: str
    route: str
    status: int
    ms: float
    bytes: int
    correlation_id: str
    caller: str | None


def _stderr(data: bytes) -> None:
    sys.stderr.buffer.write(data)
    sys.stderr.buffer.flush()


class AccessLog:
    def __init__(self, process: str, *, enabled: bool = True, write: Callable[[bytes], None] = _stderr) -> None:
        self._process = process
        self._enabled = enabled
        self._write = write
        self._lines: list[bytes] = []
        self._encode = msgspec.json.Encoder().encode
        self._second = (0, "")

    def note(
        self, method: str, route: str, status: int, seconds: float, size: int, request_id: str, caller: str | None
    ) -> None:
        if not self._enabled:
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        ms = round(seconds * 1000, 2)
        self._lines.append(
            self._encode(
                Line("request", "info", self._process, self._now(), method, route, status, ms, size, request_id, caller)
            )
        )

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self._write(b"\n".join(lines) + b"\n")

    def _now(self) -> str:
        """Formatted once a second; the milliseconds are put behind."""
        now = time.time()
        second = int(now)
        if self._second[0] != second:
            self._second = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        return f"{self._second[1]}.{int((now - second) * 1000):03d}+00:00"

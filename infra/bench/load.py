"""A load generator in a process of its own: `python -m infra.bench.load PORT PATH CONNECTIONS SECONDS [TOKEN]`.

Prints one JSON line. It parses only what it must (status, Content-Length), so that it is never the bottleneck.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import cast

import uvloop

WARM_UP_SECONDS = 0.5


@dataclass(slots=True)
class Tally:
    """latencies in seconds, of the requests that began after the warm-up."""

    since: float
    until: float
    latencies: list[float] = field(default_factory=list[float])
    failed: int = 0
    asked: int = 0  # the warm-up's too


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, request: bytes, tally: Tally, done: asyncio.Future[None]) -> None:
        self._request = request
        self._tally = tally
        self._done = done
        self._received = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # no isinstance: uvloop's transports are asyncio's by shape only
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.partition(b"Content-Length: ")
        if len(body) < int(length.partition(b"\r")[0]):
            return
        self._received = b""
        now = time.perf_counter()
        self._tally.asked += 1
        if self._sent >= self._tally.since:
            self._tally.latencies.append(now - self._sent)
            self._tally.failed += not head.startswith(b"HTTP/1.1 200")
        if now < self._tally.until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)


async def measure(port: int, path: str, connections: int, seconds: float, token: str | None) -> dict[str, float]:
    """requests a second, all requests, p50 and p99 in ms, share of answers that were not 200."""
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    tally = Tally(start + WARM_UP_SECONDS, start + WARM_UP_SECONDS + seconds)
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Connection(request, tally, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    times = sorted(tally.latencies)
    return {
        "requests_per_s": len(times) / seconds,
        "requests": tally.asked,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "failed": tally.failed / len(times),
    }


def main(arguments: list[str]) -> None:
    port, path, connections, seconds, *token = arguments
    found = uvloop.run(measure(int(port), path, int(connections), float(seconds), token[0] if token else None))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])

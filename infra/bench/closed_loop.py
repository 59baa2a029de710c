"""A load generator in a process of its own: `python -m infra.bench.closed_loop`, the plan as JSON on stdin.

A closed loop: a connection sends its next request when its last one was answered. The generator parses only the status
and Content-Length of an answer and encodes nothing while it measures, so that it is not the bottleneck.
"""

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

import msgspec
import uvloop

WARM_UP_SECONDS = 0.5
PATIENCE = 30.0  # seconds that a generator may take longer than its plan says


class Request(msgspec.Struct, frozen=True):
    """path: with the query. body: JSON; empty for a GET. accept_encoding: empty for an answer as it is."""

    path: str
    token: str = ""
    body: str = ""
    accept_encoding: str = ""

    def encoded(self) -> bytes:
        lines = [
            f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Accept: application/json",
        ]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.accept_encoding:
            lines.append(f"Accept-Encoding: {self.accept_encoding}")
        body = self.body.encode()
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Plan(msgspec.Struct, frozen=True):
    """seconds: after the warm-up. visitors: for each, its requests, which it makes one after the other, again and again.

    Visitors are shared out over the connections. A visitor belongs to one connection, and so never has two requests at
    once, unless there are fewer visitors than connections.
    """

    port: int
    connections: int
    seconds: float
    visitors: tuple[tuple[Request, ...], ...]


class Measured(msgspec.Struct, frozen=True):
    """requests_per_s, p50_ms, p99_ms and failed, the share of answers other than 200, leave the warm-up out.

    requests: all that were answered, the warm-up's too.
    """

    requests_per_s: float
    requests: int
    p50_ms: float
    p99_ms: float
    failed: float


@dataclass(slots=True)
class Tally:
    """since, until: the measured time on the clock of time.perf_counter. latencies: of requests sent within it, in seconds.

    answered: within it. requests: in all.
    """

    since: float
    until: float
    latencies: list[float] = field(default_factory=list[float])
    answered: int = 0
    failed: int = 0
    requests: int = 0

    def count(self, sent: float, now: float, *, good: bool) -> None:
        self.requests += 1
        self.answered += self.since <= now < self.until
        if sent >= self.since:
            self.latencies.append(now - sent)
            self.failed += not good

    def measured(self) -> Measured:
        times = sorted(self.latencies)
        if not times:
            raise RuntimeError("no request was answered within the measured time")
        return Measured(
            requests_per_s=self.answered / (self.until - self.since),
            requests=self.requests,
            p50_ms=times[len(times) // 2] * 1000,
            p99_ms=times[len(times) * 99 // 100] * 1000,
            failed=self.failed / len(times),
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._tally = tally
        self._done = done
        self._received = b""
        self._sent = 0.0
        self._ended = False

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
        self._tally.count(self._sent, now, good=head.startswith(b"HTTP/1.1 200"))
        if now < self._tally.until:
            self._ask()
        else:
            self._ended = True
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done.done():
            return
        if self._ended:
            self._done.set_result(None)
        else:
            self._done.set_exception(exc or ConnectionError("the server closed a connection that waited for an answer"))

    def _ask(self) -> None:
        request = next(self._requests)
        self._sent = time.perf_counter()
        self._transport.write(request)


def in_turn(visitors: Sequence[Sequence[bytes]]) -> Iterator[bytes]:
    """One request of each visitor, then the next one of each, without end."""
    turns = [cycle(requests) for requests in visitors]
    while True:
        for requests in turns:
            yield next(requests)


async def measure(plan: Plan) -> Measured:
    """Raises ConnectionError where a connection is lost."""
    encoded = [[request.encoded() for request in requests] for requests in plan.visitors]
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    tally = Tally(start + WARM_UP_SECONDS, start + WARM_UP_SECONDS + plan.seconds)
    ends = [loop.create_future() for _ in range(plan.connections)]
    for number, end in enumerate(ends):
        requests = in_turn(encoded[number % len(encoded) :: plan.connections])
        await loop.create_connection(
            lambda requests=requests, end=end: Connection(requests, tally, end), "127.0.0.1", plan.port
        )
    await asyncio.gather(*ends)
    return tally.measured()


async def in_own_process(plan: Plan) -> Measured:
    """Raises RuntimeError where the generator fails, TimeoutError where an answer does not come."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.bench.closed_loop", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        said = process.communicate(msgspec.json.encode(plan))
        output, _ = await asyncio.wait_for(said, WARM_UP_SECONDS + plan.seconds + PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the load generator ended with {process.returncode}")
    return msgspec.json.decode(output, type=Measured)


if __name__ == "__main__":
    planned = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    print(msgspec.json.encode(uvloop.run(measure(planned))).decode())

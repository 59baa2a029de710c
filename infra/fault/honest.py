"""One honest client of the edge in a process of its own: `python -m infra.fault.honest PORT PATH SECONDS`, its token on stdin.

It asks the next thing when the last one was answered, one request in ten over a new connection. It prints JSON: how long the
slowest percent waited, and how many answers were not 200.
"""

import asyncio
import http.client
import json
import sys
import time
from dataclasses import dataclass

ASKS_ON_ONE_CONNECTION = 10
PATIENCE = 30.0  # seconds for one answer
AGAIN_SECONDS = 0.01  # after a request that failed


@dataclass(frozen=True, slots=True)
class Honest:
    """p99_ms: of all requests, those that failed too. failed: answers other than 200, and none at all."""

    requests: int
    p99_ms: float
    failed: int


async def ask(port: int, path: str, token: str, seconds: float) -> Honest:
    """Raises RuntimeError where the client itself breaks."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.fault.honest", str(port), path, str(seconds),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate(token.encode())
    if process.returncode:
        raise RuntimeError(f"the honest client ended with {process.returncode}")
    return Honest(**json.loads(said))


def main(port: int, path: str, seconds: float, token: str) -> Honest:
    times, failed = list[float](), 0
    connection = _connection(port)
    headers = {"Authorization": f"Bearer {token}"}
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            good = answer.status == 200
        except (OSError, http.client.HTTPException):
            good = False
        times.append(time.perf_counter() - began)
        failed += not good
        if not good or len(times) % ASKS_ON_ONE_CONNECTION == 0:
            connection.close()
            connection = _connection(port)
        if not good:
            time.sleep(AGAIN_SECONDS)
    times.sort()
    return Honest(len(times), times[len(times) * 99 // 100] * 1000, failed)


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)


if __name__ == "__main__":
    _, said_port, said_path, said_seconds = sys.argv
    found = main(int(said_port), said_path, float(said_seconds), sys.stdin.read().strip())
    print(json.dumps({name: getattr(found, name) for name in Honest.__slots__}))

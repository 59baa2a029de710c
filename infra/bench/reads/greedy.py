"""A client that reads the same answers again and again, in every second window:
`python -m infra.bench.reads.greedy PORT PATH…`.

It says `begun` when it has read all of them once, reads until its stdin is closed, and prints how many answers it has read.
"""

import asyncio
import sys
import time
from itertools import cycle

import uvloop

WINDOW_SECONDS = 0.25
HEAD_BYTES = 64 * 1024


def reads_at(moment: float) -> bool:
    """Whether the client reads at this moment of time.monotonic()."""
    return int(moment / WINDOW_SECONDS) % 2 == 1


async def read(port: int, paths: list[str]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=HEAD_BYTES)
    ends = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    for path in paths:
        await _read(reader, writer, path)
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    count, following = 0, cycle(paths)
    while not ends.done():
        if reads_at(time.monotonic()):
            await _read(reader, writer, next(following))
            count += 1
        else:
            await asyncio.sleep(WINDOW_SECONDS - time.monotonic() % WINDOW_SECONDS)
    writer.close()
    return count


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
    """Raises RuntimeError for an answer other than 200."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    left = int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0])
    while left:
        left -= len(await reader.read(left))


if __name__ == "__main__":
    sys.stdout.write(f"{uvloop.run(read(int(sys.argv[1]), sys.argv[2:]))}\n")

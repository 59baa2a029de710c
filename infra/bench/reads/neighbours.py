"""`./lezzet bench neighbours`: one client reads a menu of 5,000 meals, page after page and again and again, on one connection;
ten visitors read a single meal now and then. How much longer do they wait, at the median, than when they are alone?

Real Redis, one edge process, a process for each side. The first client reads in every second quarter of a second, so
whatever else the machine does meets both kinds of quarters.
"""

import argparse
import asyncio
import random
import re
import statistics
import sys
import time
import uuid
from asyncio.subprocess import PIPE
from typing import NamedTuple

import aiohttp
import msgspec
from redis.asyncio import Redis

from infra.bench.reads.greedy import WINDOW_SECONDS, reads_at
from infra.bench.reads.read import meal
from infra.bench.servers import free_port, own_stack, server
from topics import keys

MEALS = 5_000
SECONDS, SECONDS_SHORT = 20.0, 10.0
VISITORS, PAUSE_SECONDS = 10, 0.05  # on average
AT_MOST = 2.0  # times the median of the same visitors alone
SETTLING_SECONDS = 0.05  # at the beginning of a window, and at its end, which belong to neither kind
SEEDED_AT_ONCE = 500

_NEXT = re.compile(r'<([^>]+)>; rel="next"')


class Waited(NamedTuple):
    """Seconds of each answer to a visitor, alone and beside the first client. read: answers of the first client."""

    alone: list[float]
    beside: list[float]
    read: int


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench neighbours", description=__doc__)
    said.add_argument("--meals", type=int, default=MEALS, help="on the menu (default: %(default)s)")
    said.add_argument("--short", action="store_true", help="10 s, holds a third of the target")
    chosen = said.parse_args(arguments)
    seconds, at_most = (SECONDS_SHORT, AT_MOST * 3) if chosen.short else (SECONDS, AT_MOST)
    async with own_stack("redis") as stack:
        restaurant, neighbour = str(uuid.uuid4()), str(uuid.uuid4())
        await _seed(stack.endpoints.redis, restaurant, neighbour, chosen.meals)
        port = free_port()
        environment = stack.environment() | {"EDGE_PORT": str(port), "LOG_LEVEL": "info"}
        async with server(environment, port, "http_edge"):
            pages = await _pages(port, f"/meals/restaurant/{restaurant}", chosen.meals)
            return _judge(await _wait_beside(port, pages, f"/meals/{neighbour}", seconds), len(pages), seconds, at_most)


async def _pages(port: int, path: str, wanted: int) -> list[str]:
    """The paths that read the whole menu, as the `Link` of each page leads to the next one. Raises RuntimeError where
    that is not the whole menu."""
    found, count, base = list[str](), 0, f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as http:
        while path:
            found.append(path)
            async with http.get(base + path) as answer:
                count += len(await answer.json())
                following = _NEXT.fullmatch(answer.headers.get("Link", ""))
                path = following[1] if following else ""
    if count != wanted:
        raise RuntimeError(f"the pages hold {count} meals, not {wanted}")
    return found


async def _wait_beside(port: int, pages: list[str], path: str, seconds: float) -> Waited:
    reader = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.bench.reads.greedy", str(port), *pages, stdin=PIPE, stdout=PIPE
    )
    assert reader.stdin is not None and reader.stdout is not None
    try:
        if await reader.stdout.readline() != b"begun\n":
            raise RuntimeError("the client that reads the menu did not begin")
        alone, beside = await _visit(port, path, seconds)
        said, _ = await asyncio.wait_for(reader.communicate(b""), 10)  # closes its stdin
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    if reader.returncode:
        raise RuntimeError(f"the client that reads the menu ended with {reader.returncode}")
    return Waited(alone, beside, int(said))


async def _visit(port: int, path: str, seconds: float) -> tuple[list[float], list[float]]:
    """Answers alone and beside, of all visitors."""
    alone, beside = list[float](), list[float]()
    end = time.monotonic() + seconds
    await asyncio.gather(*(_ask(port, path, end, alone, beside) for _ in range(VISITORS)))
    return alone, beside


async def _ask(port: int, path: str, end: float, alone: list[float], beside: list[float]) -> None:
    """One visitor, who pauses between two requests: a client that asks whenever it is answered would ask most often while the
    edge is idle. Raises RuntimeError for an answer other than 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    while time.monotonic() < end:
        await asyncio.sleep(random.uniform(0, 2 * PAUSE_SECONDS))  # noqa: S311
        sent = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        await reader.readexactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r")[0]))
        if SETTLING_SECONDS < sent % WINDOW_SECONDS < WINDOW_SECONDS - SETTLING_SECONDS:
            (beside if reads_at(sent) else alone).append(time.monotonic() - sent)
    writer.close()


def _judge(waited: Waited, pages: int, seconds: float, at_most: float) -> bool:
    for name, times in (("alone", waited.alone), ("beside", waited.beside)):
        in_order = sorted(times)
        print(
            f"{name:6} p50 {statistics.median(in_order) * 1000:6.2f} ms, "
            f"p99 {in_order[len(in_order) * 99 // 100] * 1000:6.2f} ms, {len(in_order)} answers"
        )
    menus = waited.read / pages / (seconds / 2)
    print(f"the menu: {pages} pages, read {menus:.1f} times a second in half of {seconds:.0f} s")
    ratio = statistics.median(waited.beside) / statistics.median(waited.alone)
    print(f"ratio of the medians: {ratio:.2f}, wanted at most {at_most:.1f}")
    return ratio <= at_most and menus >= 1


async def _seed(redis_url: str, restaurant: str, neighbour: str, meals: int) -> None:
    """The menu, and a meal of another restaurant."""
    redis = Redis.from_url(redis_url)
    await redis.mset({keys.DENY_READY: "1", keys.view_ready("meal"): "", **_stored(neighbour)})
    names = [str(uuid.uuid4()) for _ in range(meals)]
    for start in range(0, meals, SEEDED_AT_ONCE):
        some = names[start : start + SEEDED_AT_ONCE]
        await redis.mset({key: value for name in some for key, value in _stored(name).items()})
        await redis.zadd(keys.index("meal", keys.menu(restaurant)), {name: start + at for at, name in enumerate(some)})
    await redis.aclose()


def _stored(name: str) -> dict[str, bytes]:
    return {keys.document("meal", name): b"1\n" + msgspec.json.encode(meal(name))}

"""`./lezzet bench neighbours`: one client reads a menu of 5,000 meals, page after page and again and again, on one connection;
another one reads a single meal. How much longer does the second one wait, at the median, than when it is alone?

Real Redis, one edge process, a process for each client. The other client is alone and beside the reader by turns, so that
whatever else the machine does meets both.
"""

import argparse
import asyncio
import re
import statistics
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import aiohttp
import msgspec
from redis.asyncio import Redis

from infra.bench.closed_loop import Measured, Plan, Request, in_own_process
from infra.bench.read import meal
from infra.bench.servers import free_port, own_stack, server
from topics import keys

MEALS = 5_000
SECONDS = 2.0  # of a turn
LONGER = 1.0  # seconds that the reader goes on, so that it reads for the whole of the other's turn
ROUNDS = 5
AT_MOST = 2.0  # times the median of the same client alone
SEEDED_AT_ONCE = 500

_NEXT = re.compile(r'<([^>]+)>; rel="next"')


class Round(NamedTuple):
    alone: Measured
    beside: Measured
    reader: Measured


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench neighbours", description=__doc__)
    said.add_argument("--meals", type=int, default=MEALS, help="on the menu (default: %(default)s)")
    said.add_argument("--short", action="store_true", help="two rounds, holds a third of the target")
    chosen = said.parse_args(arguments)
    rounds, at_most = (2, AT_MOST * 3) if chosen.short else (ROUNDS, AT_MOST)
    async with own_stack("redis") as stack:
        restaurant, neighbour = str(uuid.uuid4()), str(uuid.uuid4())
        await _seed(stack.endpoints.redis, restaurant, neighbour, chosen.meals)
        port = free_port()
        environment = stack.environment() | {"EDGE_PORT": str(port), "LOG_LEVEL": "info"}
        async with server(environment, port, "http_edge"):
            pages = await _pages(port, f"/meals/restaurant/{restaurant}", chosen.meals)
            return _judge(
                [await _round(port, pages, f"/meals/{neighbour}") for _ in range(rounds)], len(pages), at_most
            )


async def _pages(port: int, path: str, wanted: int) -> list[Request]:
    """The requests that read the whole menu, as the `Link` of each page leads to the next one. Raises RuntimeError where
    that is not the whole menu."""
    found, count, base = list[Request](), 0, f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as http:
        while path:
            found.append(Request(path))
            async with http.get(base + path) as answer:
                count += len(await answer.json())
                following = _NEXT.fullmatch(answer.headers.get("Link", ""))
                path = following[1] if following else ""
    if count != wanted:
        raise RuntimeError(f"the pages hold {count} meals, not {wanted}")
    return found


async def _round(port: int, pages: Sequence[Request], neighbour: str) -> Round:
    one = Plan(port, 1, SECONDS, ((Request(neighbour),),))
    alone = await in_own_process(one)
    reading = in_own_process(Plan(port, 1, SECONDS + LONGER, (tuple(pages),)))
    reader, beside = await asyncio.gather(reading, in_own_process(one))
    return Round(alone, beside, reader)


def _judge(rounds: Sequence[Round], pages: int, at_most: float) -> bool:
    for name in Round._fields:
        found = [getattr(each, name) for each in rounds]
        print(
            f"{name:6} p50 {_middle(found, 'p50_ms'):7.2f} ms, p99 {_middle(found, 'p99_ms'):7.2f} ms, "
            f"{_middle(found, 'requests_per_s'):.0f} requests/s"
        )
    ratios = [each.beside.p50_ms / each.alone.p50_ms for each in rounds]
    ratio = statistics.median(ratios)
    print(f"the menu is read in {pages} pages; ratio round by round: {', '.join(f'{each:.2f}' for each in ratios)}")
    print(f"ratio of the medians: {ratio:.2f}, wanted at most {at_most:.1f}")
    failed = max(measured.failed for each in rounds for measured in each)
    print(f"answers other than 200: {failed:.1%}")
    return ratio <= at_most and failed == 0


def _middle(found: Sequence[Measured], name: str) -> float:
    return statistics.median(getattr(each, name) for each in found)


async def _seed(redis_url: str, restaurant: str, neighbour: str, meals: int) -> None:
    """The menu, and a meal of another restaurant."""
    redis = Redis.from_url(redis_url)
    await redis.mset({keys.DENY_READY: "1", keys.view_ready("meal"): "1", **_stored(neighbour)})
    names = [str(uuid.uuid4()) for _ in range(meals)]
    for start in range(0, meals, SEEDED_AT_ONCE):
        some = names[start : start + SEEDED_AT_ONCE]
        await redis.mset({key: value for name in some for key, value in _stored(name).items()})
        await redis.zadd(keys.index(keys.menu(restaurant)), {name: start + at for at, name in enumerate(some)})
    await redis.aclose()


def _stored(name: str) -> dict[str, bytes]:
    return {keys.document("meal", name): b"1\n" + msgspec.json.encode(meal(name))}

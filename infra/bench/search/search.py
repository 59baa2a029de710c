"""`./lezzet bench search`: the search script on a real Redis with many restaurants, each filter and each order, beside the same
search in PostgreSQL with an index for whatever it may begin with.

The index is written by the projections' own code. Names are of words that are as unequally common as words are. The
clients are tasks of one process, so times of many at once have its own turns in them; the server's time has not.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from redis.asyncio import Redis

from infra.bench.search.search_data import meals, restaurants, searches
from infra.bench.search.search_rows import Rows, open_rows
from infra.bench.servers import own_stack
from stores.redis.connection import connect
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from stores.redis.search import MEAL, RESTAURANT, Search
from stores.redis.tags import Tags
from topics import keys
from topics.documents.browse import Meal, Restaurant
from topics.search_index import Found, Wanted, meal_traits, restaurant_indexes, restaurant_traits

CLIENTS = (1, 16)
AT_MOST = 10.0  # ms, p99 of one client
ROUNDS = 3
BATCH = 500  # documents
COMPARED = 50  # searches of each kind whose answers have to be the same on both sides


class Times(NamedTuple):
    """In milliseconds."""

    median: float
    p99: float


class Sides(NamedTuple):
    search: Search
    rows: Rows


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench search", description=__doc__)
    said.add_argument("--restaurants", type=int, default=10_000, help="(default: %(default)s)")
    said.add_argument("--meals", type=int, default=50, help="of each restaurant (default: %(default)s)")
    said.add_argument("--requests", type=int, default=400, help="of each kind of search (default: %(default)s)")
    said.add_argument(
        "--short", action="store_true", help="300 restaurants with 20 meals, 100 requests; the bar at the median"
    )
    chosen = said.parse_args(arguments)
    if chosen.short:
        chosen.restaurants, chosen.meals, chosen.requests = 300, 20, 100
    async with own_stack("redis", "postgres") as stack, open_rows(stack.endpoints.postgres) as rows:
        redis = connect(stack.endpoints.redis, timeout=10.0)
        try:
            await _fill(redis, rows, chosen.restaurants, chosen.meals)
            sides = Sides(Search(redis, Tags()), rows)
            return await _measure(redis, sides, chosen.requests, short=chosen.short)
        finally:
            await redis.aclose()


async def _fill(redis: Redis, rows: Rows, count: int, menu: int) -> None:
    store, started = ProjectionStore(redis), time.perf_counter()
    floor, changes, batch = 0, _changes(), list[tuple[Restaurant, Sequence[Meal]]]()
    await redis.mset(dict.fromkeys(map(_floor, changes), 0))
    for number, (restaurant, dishes) in enumerate(_documents(count, menu), 1):
        for document in (restaurant, *dishes):
            _write(changes, document)
        batch.append((restaurant, dishes))
        if number % (BATCH // menu) == 0 or number == count:
            assert await store.apply([Move(_floor(view), floor, number, 0, each) for view, each in changes.items()])
            await rows.write(batch)
            floor, changes, batch = number, _changes(), []
    await rows.indexed()
    seconds, memory = time.perf_counter() - started, (await redis.info("memory"))["used_memory"]
    print(f"{count} restaurants with {menu} meals each, written in {seconds:.1f} s, {memory / 1e6:.0f} MB in Redis")


def _documents(count: int, menu: int) -> Iterable[tuple[Restaurant, Sequence[Meal]]]:
    return ((restaurant, list(meals(restaurant.id, menu))) for restaurant in restaurants(count))


def _changes() -> dict[str, ViewChanges]:
    return {view: ViewChanges(view) for view in (RESTAURANT, MEAL)}


def _floor(view: str) -> str:
    return keys.floor(view, "", "bench.project", "events", 0)


def _write(changes: dict[str, ViewChanges], document: Restaurant | Meal) -> None:
    """What agents/runtime/reading/folding.py writes of a new document for a search."""
    if isinstance(document, Meal):
        changes[MEAL].characterize(None, meal_traits(document))
        return
    changes[RESTAURANT].characterize(None, restaurant_traits(document))
    for index, score in restaurant_indexes(document).items():
        changes[RESTAURANT].enter(index, document.id, score)


async def _measure(redis: Redis, sides: Sides, requests: int, *, short: bool) -> bool:
    """short: the bar is for the median, since of so few searches the slowest percent is one that a neighbour held up."""
    slowest, different, ratio = 0.0, 0, 0.0
    asked = searches(await sides.search.zones(), datetime.now(UTC), requests)
    head = "".join(f"{f'p50, p99 of {n}':>20}" for n in CLIENTS)
    print(f"{'':34}{'found':>7}{'server':>10}{head}{'PostgreSQL':>20}")
    for what, wanted in asked.items():
        await redis.config_resetstat()
        found, wrong = await _compared(sides, wanted[:COMPARED])
        calls = (await redis.info("commandstats"))["cmdstat_evalsha"]
        times = [await _best(sides.search.find, wanted, clients) for clients in CLIENTS]
        times.append(await _best(sides.rows.find, wanted, 1))
        told = "".join(f"{each.median:>11.2f} {each.p99:>5.2f} ms" for each in times)
        print(f"{what:34}{found:>7.0f}{calls['usec_per_call'] / 1000:>7.2f} ms{told}")
        slowest, different = max(slowest, times[0].median if short else times[0].p99), different + wrong
        ratio = max(ratio, times[0].median / times[-1].median)
    print(f"median of one client / PostgreSQL's, the worst: {ratio:.2f}")
    print(f"answers that differ from PostgreSQL's: {different}, wanted 0")
    print(f"slowest {'median' if short else 'p99'} of one client: {slowest:.2f} ms, wanted at most {AT_MOST:.0f}")
    return slowest <= AT_MOST and not different


async def _compared(sides: Sides, wanted: Sequence[Wanted]) -> tuple[float, int]:
    """How many restaurants a search finds, and how many searches are answered differently."""
    ours, theirs = [[await side.find(each) for each in wanted] for side in sides]
    return statistics.median([each.total for each in ours]), sum(a != b for a, b in zip(ours, theirs, strict=True))


Find = Callable[[Wanted], Awaitable[Found]]


async def _best(find: Find, wanted: Sequence[Wanted], clients: int) -> Times:
    """Of some rounds: a neighbour's load is not the search's."""
    return min([await _timed(find, wanted, clients) for _ in range(ROUNDS)], key=lambda times: times.p99)


async def _timed(find: Find, wanted: Sequence[Wanted], clients: int) -> Times:
    """Each client takes the next search when it has its answer."""
    left, taken = iter(wanted), list[float]()

    async def client() -> None:
        for each in left:
            started = time.perf_counter()
            await find(each)
            taken.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(client() for _ in range(clients)))
    taken.sort()
    return Times(statistics.median(taken), taken[len(taken) * 99 // 100])

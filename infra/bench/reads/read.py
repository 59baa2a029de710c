"""GET /carts/get with a token against a bare aiohttp handler: real Redis, one server process each, same run.

The edge checks the token, the deny-list, readiness and the caller's own writes, and shows each line as the menu has it
now; the bare handler checks nothing.
Sides take turns, so that a neighbour's load meets both.
"""

import argparse
import statistics
import uuid
from asyncio.subprocess import Process
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from redis.asyncio import Redis

from infra.bench.closed_loop import Plan, Request, in_own_process
from infra.bench.servers import free_port, own_stack, server
from infra.process.cpu import Clock
from infra.stack.tokens import token
from topics import keys
from topics.documents.browse import Meal
from topics.documents.order import Basket, BasketItem

CONNECTIONS = 16
SECONDS = 1.0
ROUNDS = 10
LEAST_RATIO = 1.3
ITEMS = 3
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Figures(NamedTuple):
    """failed: share of answers other than 200. cpu_us: µs of the server's CPU a request."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    failed: float
    cpu_us: float


Sides = dict[str, list[Figures]]


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench read", description=__doc__)
    said.add_argument("--short", action="store_true", help="three rounds, holds a third of the target")
    rounds, least = (3, LEAST_RATIO / 3) if said.parse_args(arguments).short else (ROUNDS, LEAST_RATIO)
    async with own_stack("redis") as stack:
        user = str(uuid.uuid4())
        await _seed(stack.endpoints.redis, user)
        access = token(stack.site.data.keys, user)
        place = keys.document("basket", user)
        edge_port, bare_port = free_port(), free_port()
        environment = stack.environment() | {"EDGE_PORT": str(edge_port), "LOG_LEVEL": "info"}
        command = ("infra.bench.reads.bare", str(bare_port), stack.endpoints.redis, place)
        async with (
            server(environment, edge_port, "http_edge") as edge,
            server(environment, bare_port, *command) as bare,
        ):
            sides = await _sides(rounds, (edge, edge_port), (bare, bare_port), access)
            return _judge(sides, least)


async def _sides(rounds: int, edge: tuple[Process, int], bare: tuple[Process, int], access: str) -> Sides:
    sides: Sides = {"edge": [], "bare": []}
    for _ in range(rounds):
        sides["bare"].append(await _load(*bare))
        sides["edge"].append(await _load(*edge, access))
    return sides


def _judge(sides: Sides, least: float) -> bool:
    middle = {name: _middle(rounds) for name, rounds in sides.items()}
    ratios = [ours.requests_per_s / other.requests_per_s for ours, other in zip(*sides.values(), strict=True)]
    # pairs beside each other in time: a neighbour who comes and goes meets both sides of some and one side of few
    ratio = statistics.median(ratios)
    for name, found in middle.items():
        print(
            f"{name}: {found.requests_per_s:.0f} requests/s, p50 {found.p50_ms:.2f} ms, p99 {found.p99_ms:.2f} ms, "
            f"{found.cpu_us:.0f} µs of CPU a request"
        )
    print(f"ratio round by round: {', '.join(f'{each:.2f}' for each in ratios)}")
    print(f"median of the rounds: {ratio:.2f}, wanted {least:.2f}")
    failed = max(found.failed for rounds in sides.values() for found in rounds)
    print(
        f"answers other than 200: {failed:.1%}; "
        f"{CONNECTIONS} connections, {SECONDS:.0f} s a round, {ITEMS} lines in the basket"
    )
    return ratio >= least and failed == 0


def _middle(rounds: list[Figures]) -> Figures:
    return Figures(*map(statistics.median, zip(*rounds, strict=True)))


async def _load(server: Process, port: int, token: str = "") -> Figures:
    clock = Clock({"server": server.pid})
    get = Request("/carts/get", token)
    found = await in_own_process(Plan(port, CONNECTIONS, SECONDS, ((get,),)))
    cpu_us = clock.used()["server"] / found.requests * 1e6
    return Figures(found.requests_per_s, found.p50_ms, found.p99_ms, found.failed, cpu_us)


async def _seed(redis_url: str, user: str) -> None:
    """A basket and the meals in it: the edge shows each line as the menu has it now."""
    meals = [meal(str(uuid.uuid4())) for _ in range(ITEMS)]
    basket = Basket(items=tuple(_line(user, meal) for meal in meals))
    ready = {keys.DENY_READY: "", keys.view_ready("basket"): "", keys.view_ready("meal"): ""}
    menu = {keys.document("meal", meal.id): b"1\n" + msgspec.json.encode(meal) for meal in meals}
    redis = Redis.from_url(redis_url)
    await redis.mset({**ready, **menu, keys.document("basket", user): b"%d\n" % ITEMS + msgspec.json.encode(basket)})
    await redis.aclose()


def meal(id: str) -> Meal:
    return Meal(
        id=id, restaurant_id=str(uuid.uuid4()), name="Lahmacun", description="Thin dough, minced lamb, parsley.",
        is_available=True, price=9_550, image_url="http://localhost:8080/photos/1?size=thumb", cuisine="turkish",
        complementary_ids=(), options=(), created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def _line(user: str, meal: Meal) -> BasketItem:
    return BasketItem(
        id=str(uuid.uuid4()), user_id=user, restaurant_id=meal.restaurant_id, meal_id=meal.id, quantity=2,
        note="no onions", schedule_date=None, created_at=NOW, name=meal.name, price=9_000, image_url=meal.image_url,
        is_available=True,
    )  # fmt: skip

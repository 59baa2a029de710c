"""`./lezzet bench order`: from a checkout to the kitchen's ticket in RabbitMQ, against one process that does the same steps
straight in PostgreSQL.

A closed loop of 1, 4 and 16 connections, and each turn finds the orders of those before it: load and data grow together. Ours
is the whole product: edge, Kafka, and the agents of basket, order, payment and kitchen. Both sides pay at the same provider and
publish to the same RabbitMQ, and take turns in one run. An order counts when its ticket is confirmed.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import aiohttp
import asyncpg

from infra.bench.closed_loop import Measured, Plan, Request, in_own_process
from infra.bench.servers import free_port, server
from infra.process.cpu import Clock
from infra.stack.stage import Stage, say, stage
from infra.stack.tokens import token
from infra.supervision.child import Child, pids
from stores.kafka.log import open_log
from topics.messages import headers
from topics.messages.ids import derive, fresh

COUNTS, SHORT_COUNTS = (1, 4, 16), (1, 4)
FLAT = 1.2  # CPU of an order with the most connections, times that with the fewest, at most
GUESTS, WISHES = 32, 200  # wishes of a guest differ by their note: the same checkout again is one order
SCHEMA = "bench_straight_orders"
SERVERS = ("postgres", "kafka", "redis", "redis-baskets", "rabbit", "provider")
PATIENCE = 60.0  # seconds from the last answer to the last ticket
_WAITS = {"ORDER_ANSWER_SECONDS": "86400"}  # nobody answers the tickets, and nothing of that is measured


class Turn(NamedTuple):
    """orders: that came to the kitchen. seconds: from the first request to the last ticket. cpu_ms, commits, messages: of an
    order; cpu_ms by process. answers: what the clients measured, answers beside 200 are `failed`."""

    orders: int
    seconds: float
    cpu_ms: Mapping[str, float]
    commits: float
    messages: float
    answers: Measured

    @property
    def a_second(self) -> float:
        return self.orders / self.seconds

    @property
    def cpu(self) -> float:
        return sum(self.cpu_ms.values())


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(
        prog="./lezzet bench order", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    said.add_argument("--seconds", type=float, default=15.0, help="of each turn (default: %(default)s)")
    said.add_argument("--short", action="store_true", help="1 and 4 connections for 3 s; a missed bar is no failure")
    chosen = said.parse_args(arguments)
    counts, seconds = (SHORT_COUNTS, 3.0) if chosen.short else (COUNTS, chosen.seconds)
    async with stage(settings=_WAITS) as made:
        agents = await made.agents(1)
        children = {"edge": await made.edge(), "agents": agents[0]}
        turns = await Comparison(made, children, counts, seconds).run()
    return _judged(turns, bars_count=not chosen.short)


class Comparison:
    def __init__(self, made: Stage, children: Mapping[str, Child], counts: Sequence[int], seconds: float) -> None:
        self._made, self._counts, self._seconds = made, counts, seconds
        self._children = {**children, **{name: made.stack.child(name) for name in SERVERS}}
        self._guests = [derive("bench", f"guest {number}") for number in range(GUESTS)]

    async def run(self) -> list[tuple[int, Turn, Measured]]:
        """(connections, our turn, the straight side's)."""
        meal, port = await self._open_restaurant(), free_port()
        turns = list[tuple[int, Turn, Measured]]()
        arguments = (str(port), SCHEMA, meal)
        async with server(self._made.stack.environment(), port, "infra.bench.orders.straight_orders", *arguments):
            await self._ours(1, meal, 1.0)
            for count in self._counts:
                ours = await self._ours(count, meal, self._seconds)
                straight = await self._load(port, count, "/carts/checkout?user={user}", meal, self._seconds, {})
                turns.append((count, ours, straight))
                say(f"{count} connections: {ours.a_second:.1f} orders/s, straight {straight.requests_per_s:.1f}")
        return turns

    async def _open_restaurant(self) -> str:
        """The meal that everybody orders, when all know it. Raises RuntimeError."""
        owner, at = derive("bench", "owner"), self._made.stack.endpoints
        bearer = {"Authorization": f"Bearer {token(self._made.stack.site.data.keys, owner)}"}
        async with aiohttp.ClientSession(at.edge, headers=bearer) as session:
            restaurant = (await _posted(session, "/restaurants", {"name": "Lokanta", "delivery_fee": 0}))["id"]
            meal = (
                await _posted(session, "/meals/", {"restaurant_id": restaurant, "name": "Lahmacun", "price": 95.5})
            )["id"]
            wish = {"payment_method": "credit_card", "items": [{"meal_id": meal, "quantity": 1}], "pickup": True}
            await _posted(session, "/carts/checkout", wish)
        return meal

    async def _ours(self, count: int, meal: str, seconds: float) -> Turn:
        keys = self._made.stack.site.data.keys
        tokens = {guest: token(keys, guest) for guest in self._guests}
        before, clock, begun = await self._counted(), Clock(pids(self._children)), time.time()
        answers = await self._load(self._made.stack.site.ports["edge"], count, "/carts/checkout", meal, seconds, tokens)
        orders, last = await self._all_in_the_kitchen(before.tickets)
        used, after = clock.used(), await self._counted()
        return Turn(
            orders, last - begun, {name: cpu * 1000 / orders for name, cpu in used.items()},
            (after.commits - before.commits) / orders, (after.messages - before.messages) / orders, answers,
        )  # fmt: skip

    async def _load(
        self, port: int, count: int, path: str, meal: str, seconds: float, tokens: Mapping[str, str]
    ) -> Measured:
        run = fresh()
        visitors = tuple(
            tuple(
                Request(path.format(user=guest), tokens.get(guest, ""), _body(meal, f"{run} {n}"))
                for n in range(WISHES)
            )
            for guest in self._guests
        )
        return await in_own_process(Plan(port, count, seconds, visitors))

    async def _counted(self) -> "Counted":
        at = self._made.stack.endpoints
        connection = await asyncpg.connect(at.postgres)
        commits = await connection.fetchval(
            "select xact_commit from pg_stat_database where datname = current_database()"
        )
        await connection.close()
        async with open_log(at.brokers) as log:
            bounds = await log.bounds(log.places(log.topics))
        tickets = {place.partition: bound.end for place, bound in bounds.items() if place.topic == "kitchen_events"}
        return Counted(commits, sum(bound.end for bound in bounds.values()), tickets)

    async def _all_in_the_kitchen(self, since: Mapping[int, int]) -> tuple[int, float]:
        """(tickets that RabbitMQ has confirmed, when the last one was), when no ticket waits any more. Raises TimeoutError."""
        deadline = time.monotonic() + PATIENCE
        while True:
            opened, recorded, last, orders = await self._tickets(since)
            if opened and opened == recorded and orders == opened:
                return recorded, last
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{orders} orders, {opened} tickets, {recorded} of them confirmed after {PATIENCE:.0f} s"
                )
            await asyncio.sleep(0.2)

    async def _tickets(self, since: Mapping[int, int]) -> tuple[int, int, float, int]:
        opened = recorded = 0
        last = 0.0
        async with open_log(self._made.stack.endpoints.brokers) as log:
            bounds = await log.bounds(log.places(["kitchen_events"]))
            starts = {place: since.get(place.partition, 0) for place in bounds}
            async for chunk in log.read(starts, {place: bound.end for place, bound in bounds.items()}):
                for each in chunk:
                    type = dict(each.headers).get(headers.TYPE)
                    opened += type == b"TicketOpened"
                    if type == b"MessageRecorded":
                        recorded, last = recorded + 1, max(last, each.at.timestamp())
        return opened, recorded, last, opened + await self._under_way()

    async def _under_way(self) -> int:
        """Orders that are placed and have not come to the kitchen yet."""
        connection = await asyncpg.connect(self._made.stack.endpoints.postgres)
        try:
            return await connection.fetchval(_UNDER_WAY)
        finally:
            await connection.close()


class Counted(NamedTuple):
    """tickets: ends of kitchen_events, by partition."""

    commits: int
    messages: int
    tickets: Mapping[int, int]


_UNDER_WAY = """
select (select count(*) from "order".aggregate) - (select count(*) from kitchen.aggregate)
"""


def _body(meal: str, note: str) -> str:
    items = [{"meal_id": meal, "quantity": 1, "note": note}]
    return json.dumps({"payment_method": "credit_card", "card": "tok_success", "items": items, "pickup": True})


async def _posted(session: aiohttp.ClientSession, path: str, body: Mapping[str, Any]) -> Any:
    """The answer, when everybody knows what it is about."""
    deadline, key = time.monotonic() + PATIENCE, fresh()
    while True:
        async with session.post(path, json=body, headers={"Idempotency-Key": key}) as answer:
            said = await answer.json(content_type=None)
            if answer.status in (200, 201):
                return said
            if answer.status != 202:  # what is being done is asked for again, what was refused is another wish
                key = fresh()
            if time.monotonic() > deadline:
                raise RuntimeError(f"POST {path}: {answer.status} {said}")
        await asyncio.sleep(0.2)


def _judged(turns: Sequence[tuple[int, Turn, Measured]], *, bars_count: bool) -> bool:
    side = f"{'orders/s':>10}{'p50 ms':>8}{'p99 ms':>8}"
    print(f"{'':>12}{'ours':>26}{'straight':>34}")
    print(f"{'connections':>12}{side}{'not 200':>8}{side}{'ratio':>7}   of an order: CPU ms, commits, messages")
    for count, ours, straight in turns:
        print(_line(count, ours, straight))
        print(" " * 15 + ", ".join(f"{name} {cpu:.1f}" for name, cpu in ours.cpu_ms.items()))
    dearer = turns[-1][1].cpu / turns[0][1].cpu
    held = dearer <= FLAT
    what = f"CPU of an order with {turns[-1][0]} connections: {dearer:.2f} times that with one, wanted at most {FLAT:g}"
    print(f"{'held' if held else 'MISSED'}   {what}")
    return held or not bars_count


def _line(count: int, ours: Turn, straight: Measured) -> str:
    told = ours.answers
    mine = f"{ours.a_second:>10.1f}{told.p50_ms:>8.1f}{told.p99_ms:>8.1f}{told.failed:>8.0%}"
    other = f"{straight.requests_per_s:>10.1f}{straight.p50_ms:>8.1f}{straight.p99_ms:>8.1f}"
    ratio = ours.a_second / straight.requests_per_s
    return f"{count:>12}{mine}{other}{ratio:>7.2f}   {ours.cpu:.1f}, {ours.commits:.1f}, {ours.messages:.1f}"

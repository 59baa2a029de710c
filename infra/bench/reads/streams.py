"""`./lezzet bench streams`: many open order streams on one edge process: its memory for each, and how soon a change is heard.

Real Redis; a change is written by the projections' own code, with its notice. The clients are sockets of this process, which
also writes the changes, so its own turns are in the times. A time is from before the write to the bytes of the event.
"""

import argparse
import asyncio
import random
import resource
import statistics
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
from redis.asyncio import Redis

from infra.bench.servers import free_port, own_stack, server
from infra.stack.tokens import token
from stores.redis.connection import connect
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from topics import keys
from topics.documents.order import OrderMoment, OrderTimeline
from topics.messages.ids import derive

VIEW = "order_timeline"
FLOOR = keys.floor(VIEW, "", "bench.project", "events", 0)
OF_A_USER = 10  # streams
OPENING_AT_ONCE = 100
AT_MOST_KB = 50.0  # of memory a stream
AT_MOST_MS = 50.0  # p99 from a change to its stream
WITHIN = 60.0  # seconds, for what everybody is to hear
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Follower(asyncio.Protocol):
    """One stream. changed: when its order's last change was written; heard: seconds from there to the event, each time."""

    def __init__(self, order: str, request: bytes) -> None:
        self.order = order
        self.status = b""
        self.moments = 0
        self.changed = 0.0
        self.heard: list[float] = []
        self.news = asyncio.Event()
        self._request = request
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        for block in blocks:
            if block.startswith(b"HTTP/1.1"):
                self.status = block[9:12]
            if block.startswith(b"id: "):
                self.heard.append(now - self.changed)
                self.moments += 1
                self.news.set()

    async def hears(self, moments: int) -> None:
        """Until it has heard so many."""
        while self.moments < moments:
            self.news.clear()
            await self.news.wait()

    def close(self) -> None:
        self._transport.close()


async def run(arguments: list[str]) -> bool:
    said = argparse.ArgumentParser(prog="./lezzet bench streams", description=__doc__)
    said.add_argument("--streams", type=int, default=1000, help="open at once (default: %(default)s, at most 5000)")
    said.add_argument("--rate", type=float, default=200.0, help="changes a second (default: %(default)s)")
    said.add_argument("--seconds", type=float, default=10.0, help="of changes (default: %(default)s)")
    said.add_argument(
        "--short", action="store_true", help="300 streams, 3 s; a third of the target, and the time at the median"
    )
    chosen = said.parse_args(arguments)
    if chosen.short:
        chosen.streams, chosen.seconds = 300, 3.0
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with own_stack("redis") as stack:
        port = free_port()
        environment = stack.environment() | {
            "EDGE_PORT": str(port),
            "LOG_LEVEL": "info",
            "EDGE_CONNECTIONS_PER_ADDRESS": "6000",
        }
        async with (
            _orders(stack.endpoints.redis, chosen.streams) as orders,
            server(environment, port, "http_edge") as edge,
        ):
            bench = Streams(orders, edge, port, stack.site.data.keys)
            return await bench.run(chosen.streams, chosen.rate, chosen.seconds, short=chosen.short)


class Orders:
    """What becomes of them, as the projection writes it."""

    def __init__(self, redis: Redis, count: int) -> None:
        self.names = [derive("bench", f"order {number}") for number in range(count)]
        self.users = [derive("bench", f"user {number // OF_A_USER}") for number in range(count)]
        self.moments = [0] * count
        self._redis, self._store = redis, ProjectionStore(redis)
        self._floor = 0

    async def begin(self) -> None:
        await self._redis.set(FLOOR, 0)
        await self.change(range(len(self.names)))

    async def change(self, numbers: Sequence[int]) -> None:
        """One moment more, in one batch."""
        changes = ViewChanges(VIEW)
        for number in numbers:
            self.moments[number] += 1
            shown = tuple(OrderMoment(status="placed", at=NOW) for _ in range(self.moments[number]))
            body = msgspec.json.encode(OrderTimeline(user_id=self.users[number], moments=shown))
            changes.document(self.names[number], self.moments[number], body)
        changes.tell([self.names[number] for number in numbers])
        assert await self._store.apply([Move(FLOOR, self._floor, self._floor + 1, 0, changes)])
        self._floor += 1


@asynccontextmanager
async def _orders(url: str, count: int) -> AsyncGenerator[Orders]:
    redis = connect(url, timeout=10.0)
    try:
        await redis.mset({keys.DENY_READY: "", keys.view_ready(VIEW): ""})
        made = Orders(redis, count)
        await made.begin()
        yield made
    finally:
        await redis.aclose()


class Streams:
    def __init__(self, orders: Orders, edge: Process, port: int, folder: Path) -> None:
        self._orders = orders
        self._edge = psutil.Process(edge.pid)
        self._port = port
        self._tokens = {user: token(folder, user) for user in dict.fromkeys(orders.users)}

    async def run(self, count: int, rate: float, seconds: float, *, short: bool) -> bool:
        """short: a third of the memory, and the time at the median: of so few changes the slowest percent is a neighbour's."""
        slack, what = (3, "p50") if short else (1, "p99")
        await self._warm_up()
        before = self._edge.memory_info().rss
        began = time.perf_counter()
        followers = await self._open(range(count))
        print(f"{count} streams opened in {time.perf_counter() - began:.1f} s, all 200: {_all_open(followers)}")
        kilobytes = (self._edge.memory_info().rss - before) / count / 1024
        took = await self._changes(followers, rate, seconds, 0.5 if short else 0.99)
        await self._all_at_once(followers)
        after = (self._edge.memory_info().rss - before) / count / 1024
        lasted = _all_open(followers)
        for each in followers:
            each.close()
        most = max(kilobytes, after)
        print(f"memory of the edge: {kilobytes:.1f} KB a stream, {after:.1f} after the changes")
        print(f"most memory a stream: {most:.1f} KB, wanted at most {AT_MOST_KB * slack:.0f}")
        print(f"{what} from a change to its stream: {took:.1f} ms, wanted at most {AT_MOST_MS:.0f}")
        return lasted and most <= AT_MOST_KB * slack and took <= AT_MOST_MS

    async def _warm_up(self) -> None:
        """What the process needs only once."""
        for each in await self._open(range(min(50, len(self._orders.names)))):
            each.close()

    async def _open(self, numbers: Sequence[int]) -> list[Follower]:
        followers = list[Follower]()
        for start in range(0, len(numbers), OPENING_AT_ONCE):
            some = [self._follower(number) for number in numbers[start : start + OPENING_AT_ONCE]]
            loop = asyncio.get_running_loop()
            for each in some:
                await loop.create_connection(lambda each=each: each, "127.0.0.1", self._port)
            async with asyncio.timeout(WITHIN):
                await asyncio.gather(*(each.hears(1) for each in some))
            followers += some
        return followers

    def _follower(self, number: int) -> Follower:
        order, access = self._orders.names[number], self._tokens[self._orders.users[number]]
        lines = (
            f"GET /orders/{order}/events HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            f"Authorization: Bearer {access}",
        )
        return Follower(order, ("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _changes(self, followers: list[Follower], rate: float, seconds: float, share: float) -> float:
        """One order after the other, at a fixed rate. Returns what this share of the changes took at most, in ms."""
        _forget(followers)
        began, cpu, due = time.perf_counter(), self._cpu_seconds(), time.perf_counter()
        chance = random.Random(7)  # noqa: S311
        for _ in range(round(rate * seconds)):
            due += 1 / rate
            await asyncio.sleep(due - time.perf_counter())
            await self._change([chance.randrange(len(followers))], followers)
        await self._all_heard(followers)
        times = _milliseconds(followers)
        busy = (self._cpu_seconds() - cpu) / (time.perf_counter() - began)
        p99, asked = (times[int(len(times) * each)] for each in (0.99, share))
        print(
            f"{rate:.0f} changes/s, {len(times)} in all: p50 {statistics.median(times):.1f} ms, p99 {p99:.1f} ms, "
            f"slowest {times[-1]:.1f} ms; the edge took {busy:.0%} of a core"
        )
        return asked

    async def _all_at_once(self, followers: list[Follower]) -> None:
        """Every order in one batch."""
        _forget(followers)
        await self._change(range(len(followers)), followers)
        await self._all_heard(followers)
        times = _milliseconds(followers)
        print(f"all orders in one change: p50 {statistics.median(times):.1f} ms, the last one {times[-1]:.1f} ms")

    async def _change(self, numbers: Sequence[int], followers: list[Follower]) -> None:
        for number in numbers:
            followers[number].changed = time.perf_counter()
        await self._orders.change(numbers)

    async def _all_heard(self, followers: list[Follower]) -> None:
        async with asyncio.timeout(WITHIN):
            await asyncio.gather(*map(Follower.hears, followers, self._orders.moments))

    def _cpu_seconds(self) -> float:
        times = self._edge.cpu_times()
        return times.user + times.system


def _forget(followers: Sequence[Follower]) -> None:
    for each in followers:
        each.heard.clear()


def _milliseconds(followers: Sequence[Follower]) -> list[float]:
    """From each change to its event, the shortest first."""
    return sorted(seconds * 1000 for each in followers for seconds in each.heard)


def _all_open(followers: Sequence[Follower]) -> bool:
    return all(each.status == b"200" for each in followers)

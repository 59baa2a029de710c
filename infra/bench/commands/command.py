"""`./lezzet bench command`: POST /carts/add through Kafka to its answer, against a handler that writes the row itself.

Ours: the edge checks the token, the command goes through Kafka to the basket's agents, their store, and the answer
back through Redis. The other: one aiohttp process with asyncpg, one transaction a request, no token. Requests come at a
fixed rate, the sides take turns in one run on own servers.
"""

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from infra.bench.commands.baskets import REDIS, Place
from infra.bench.commands.breakdown import Breakdown
from infra.bench.commands.posting import Posted, Visitor, post
from infra.bench.servers import free_port, server
from infra.demo.menus import MENUS
from infra.stack.stage import Stage, stage
from infra.stack.tokens import token
from stores.postgres.migrate import migrate
from topics.messages.ids import derive

AT_MOST = 4.0  # times the other's median
TURN, WARM_UP = 5.0, 3.0  # seconds
SHORT_RATE = 20.0  # requests a second, at most
USERS = 50
SCHEMA = "bench_direct"


class Load(NamedTuple):
    """rate: requests a second. seconds: of each side. at_most: times the other's median. may_be_late: whether an answer may be
    202, as from a machine that does much else."""

    rate: float
    seconds: float
    at_most: float
    may_be_late: bool = False


class Verdict(NamedTuple):
    """ratio: of the medians, ours by the straight handler's. whole: every request of both was answered with 200, or 202 where
    it may be late."""

    ratio: float
    whole: bool


async def run(arguments: list[str]) -> bool:
    chosen = _parser().parse_args(arguments)
    load = (
        Load(min(chosen.rate, SHORT_RATE), 5.0, AT_MOST * 3, may_be_late=True)
        if chosen.short
        else Load(chosen.rate, chosen.seconds, AT_MOST)
    )
    found = await compared(load)
    print(f"ratio of the medians: {found.ratio:.2f}, wanted at most {load.at_most:.1f}")
    return found.ratio <= load.at_most and found.whole


async def compared(load: Load, place: Place = REDIS) -> Verdict:
    """On servers of its own. place: where baskets stand."""
    async with stage(runs=place.runs) as made:
        agents = await made.agents(1)
        await made.edge()
        await made.demo(agents)
        at = made.stack.endpoints
        await asyncio.to_thread(migrate, at.postgres, SCHEMA)
        port = free_port()
        async with server({}, port, "infra.bench.commands.direct", str(port), at.postgres, SCHEMA):
            return await Comparison(made, port, load, place).run()


def _parser() -> argparse.ArgumentParser:
    said = argparse.ArgumentParser(prog="./lezzet bench command", description=__doc__)
    said.add_argument("--rate", type=float, default=50.0, help="requests a second (default: %(default)s)")
    said.add_argument("--seconds", type=float, default=30.0, help="of each side (default: %(default)s)")
    said.add_argument(
        "--short", action="store_true", help="5 s a side, 20 requests/s at most, holds a third of the target"
    )
    return said


class Comparison:
    def __init__(self, made: Stage, port: int, load: Load, place: Place) -> None:
        at, keys = made.stack.endpoints, made.stack.site.data.keys
        users = [derive("bench", f"user {number}") for number in range(USERS)]
        self._load = load
        self._breakdown = Breakdown(at, place)
        self._ours = [Visitor(f"{at.edge}/carts/add", token(keys, user)) for user in users]
        self._direct = [Visitor(f"http://127.0.0.1:{port}/carts/add?user={user}") for user in users]
        menu = MENUS[0]
        self._meals = [menu.meal_id(name) for name in menu.meals][:4]

    async def run(self) -> Verdict:
        await self._turn(self._ours, WARM_UP)
        await self._turn(self._direct, WARM_UP)
        await self._breakdown.begin()
        ours, direct = list[Posted](), list[Posted]()
        for _ in range(max(1, round(self._load.seconds / TURN))):
            ours += await self._turn(self._ours, TURN)
            direct += await self._turn(self._direct, TURN)
        await self._breakdown.end()
        return await self._judge(ours, direct)

    async def _turn(self, visitors: Sequence[Visitor], seconds: float) -> list[Posted]:
        return await post(visitors, self._meals, self._load.rate, seconds)

    async def _judge(self, ours: list[Posted], direct: list[Posted]) -> Verdict:
        print(f"{self._load.rate:.0f} requests/s, {len(ours)} of each side")
        medians = [self._tell(name, side) for name, side in (("through Kafka", ours), ("straight", direct))]
        print("a request through Kafka, median and p99 of each part:")
        for part in await self._breakdown.stages(ours):
            print(f"  {part.median:6.2f} {part.p99:7.2f} ms  {part.what}")
        good = (200, 202) if self._load.may_be_late else (200,)
        return Verdict(medians[0] / medians[1], all(one.status in good for one in (*ours, *direct)))

    def _tell(self, name: str, side: list[Posted]) -> float:
        times = sorted(one.milliseconds for one in side)
        other = sum(one.status != 200 for one in side)
        median = statistics.median(times)
        print(f"{name:14} median {median:6.2f} ms, p99 {times[len(times) * 99 // 100]:7.2f} ms, not 200: {other}")
        return median

"""The turns of the load bench: both sides one after the other, with each count of connections, round by round."""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

from infra.bench.closed_loop import Measured, Plan, Request, in_own_process
from infra.bench.commands.baskets import REDIS, Place
from infra.bench.commands.load_report import Turn
from infra.bench.commands.posting import Visitor, body, post
from infra.bench.servers import free_port, server
from infra.demo.menus import MENUS
from infra.process.cpu import Clock
from infra.stack.stage import Stage, say, stage
from infra.stack.tokens import token
from infra.supervision.child import Child, pids
from stores.kafka.log import open_log
from stores.postgres.migrate import migrate
from topics.contracts import all_topics
from topics.messages.ids import derive

USERS = 500
FIRST_ADDS = 100.0  # a second, until each user has a basket on both sides
WITHIN = 60.0  # seconds from the last answer until what was answered 202 is done
SCHEMA = "bench_direct"
SERVERS = ("postgres", "kafka", "redis")
OURS, STRAIGHT = "/carts/add", "/carts/add?user={user}"


class Choice(NamedTuple):
    """counts: of connections. seconds: of a turn, after its warm-up. partitions: of each topic."""

    counts: tuple[int, ...]
    seconds: float
    rounds: int
    partitions: int
    unchanging: bool


class Found(NamedTuple):
    """wrong: why the figures do not mean what they say."""

    turns: list[Turn]
    wrong: list[str]


async def measured(choice: Choice, place: Place = REDIS) -> Found:
    """On servers of its own. place: where baskets stand."""
    runs = (sys.executable, "-m", "infra.bench.commands.partitioned", str(choice.partitions), *place.runs[2:])
    async with stage(runs=runs) as made:
        agents = await made.agents(1)
        children = {"edge": await made.edge(), "agents": agents[0]}
        await made.demo(agents)
        at, port = made.stack.endpoints, free_port()
        await asyncio.to_thread(migrate, at.postgres, SCHEMA)
        async with server({}, port, "infra.bench.commands.direct", str(port), at.postgres, SCHEMA):
            return await Comparison(made, children, port, choice, place).run()


class Comparison:
    """straight: the port of the other side."""

    def __init__(self, made: Stage, children: dict[str, Child], straight: int, choice: Choice, place: Place) -> None:
        self._made = made
        self._place = place
        self._children = children | {name: made.stack.child(name) for name in dict.fromkeys((*SERVERS, place.server))}
        self._straight = straight
        self._choice = choice
        menu = MENUS[0]
        self._meal = menu.meal_id(next(iter(menu.meals)))
        self._users = [derive("bench", f"user {number}") for number in range(USERS)]
        self._wrong: list[str] = []

    async def run(self) -> Found:
        await self._count_partitions()
        await self._make_baskets()
        turns: list[Turn] = []
        for number in range(self._choice.rounds):
            for count in self._choice.counts:
                turn = await self._turn(count, f"round {number + 1}, {count} connections")
                say(f"round {number + 1}, {count:2} connections: {turn.ours.requests_per_s:,.0f} of ours a second")
                turns.append(turn)
        return Found(turns, self._wrong)

    async def _count_partitions(self) -> None:
        async with open_log(self._made.stack.endpoints.brokers) as log:
            there = {name: len(log.places([name])) for name in all_topics()}
        if other := {name: many for name, many in there.items() if many != self._choice.partitions}:
            self._wrong.append(f"topics with another number of partitions than {self._choice.partitions}: {other}")

    async def _make_baskets(self) -> None:
        edge, tokens = self._made.stack.endpoints.edge, self._tokens()
        straight = f"http://127.0.0.1:{self._straight}"
        ours = [Visitor(edge + OURS, tokens[user]) for user in self._users]
        other = [Visitor(straight + STRAIGHT.format(user=user)) for user in self._users]
        before = await self._place.versions(self._made.stack.endpoints)
        for visitors in (ours, other):
            posted = await post(visitors, [self._meal], FIRST_ADDS, USERS / FIRST_ADDS)
            if refused := sum(one.status not in (200, 202) for one in posted):
                self._wrong.append(f"{refused} of the first {len(posted)} adds were answered neither 200 nor 202")
        if (changed := await self._changed(before, USERS)) != USERS:
            self._wrong.append(f"{changed} of the first {USERS} adds changed a basket")

    async def _changed(self, before: int, wanted: int) -> int:
        """How many adds have changed a basket since then, when they are so many, or after WITHIN seconds."""
        deadline = time.monotonic() + WITHIN
        while True:
            changed = await self._place.versions(self._made.stack.endpoints) - before
            if changed >= wanted or time.monotonic() > deadline:
                return changed
            await asyncio.sleep(0.1)

    async def _turn(self, count: int, name: str) -> Turn:
        before, clock = await self._place.versions(self._made.stack.endpoints), Clock(pids(self._children))
        ours = await self._load(self._made.stack.site.ports["edge"], count, OURS, name, self._tokens())
        used, wanted = clock.used(), 0 if self._choice.unchanging else ours.requests
        changed = await self._changed(before, wanted)
        straight = await self._load(self._straight, count, STRAIGHT, name, {})
        if changed != wanted:
            self._wrong.append(f"{name}: {changed} of {ours.requests} adds changed a basket, wanted {wanted}")
        if failed := max(ours.failed, straight.failed):
            self._wrong.append(f"{name}: {failed:.1%} of the answers of one side were not 200")
        return Turn(count, ours, straight, {of: seconds * 1000 / ours.requests for of, seconds in used.items()})

    async def _load(self, port: int, count: int, path: str, name: str, tokens: dict[str, str]) -> Measured:
        visitors = tuple(
            tuple(Request(path.format(user=user), tokens.get(user, ""), each) for each in self._bodies(number, name))
            for number, user in enumerate(self._users)
        )
        return await in_own_process(Plan(port, count, self._choice.seconds, visitors))

    def _bodies(self, number: int, name: str) -> Sequence[str]:
        """The turn's name is the note, so that a turn's first add changes the basket, too."""
        if self._choice.unchanging:
            return (body(self._meal, number),)
        return tuple(body(self._meal, quantity, name) for quantity in (1, 2))

    def _tokens(self) -> dict[str, str]:
        """By user. New for each turn: a run may take longer than a token is good for."""
        return {user: token(self._made.stack.site.data.keys, user) for user in self._users}

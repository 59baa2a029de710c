"""`fault orders`: guests order, kitchens answer at random over RabbitMQ, couriers bring at random, messages come twice, and
whatever takes part is killed: agents, edge, payment provider, servers. Then all that was begun has to end, and everything is
audited."""

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

import aiohttp

from infra.audit import lag, topic_log, whole
from infra.audit.findings import Findings
from infra.audit.mails import MailsCheck
from infra.audit.money import MoneyCheck
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import mails as audit_mails
from infra.fault.audits import provider as audit_provider
from infra.fault.clock import DomainClock
from infra.fault.doubling import Doubling
from infra.fault.killer import Killer
from infra.fault.outage import in_turn
from infra.fault.people.city import USES, City
from infra.fault.people.couriers import Couriers
from infra.fault.people.customers import ANYHOW, Customers, Edge, Manners, Tokens
from infra.fault.people.kitchens import WAYS, Kitchens
from infra.fault.people.owners import Owners
from infra.fault.plans.seeding import seed_city
from infra.stack.sizes import held
from infra.stack.stage import Stage, say, stage
from infra.supervision.child import Child

AGENTS, PER_GUEST = 2, 25  # orders of a guest
DOUBLED = 0.05  # share of the messages
TWICE = ("basket_commands", "order_commands", "payment_commands", "kitchen_commands", "discount_commands", "courier_commands",
         "order_events", "payment_events", "kitchen_events", "courier_events")  # fmt: skip
SERVERS = ("provider", "rabbit", "edge-1", "postgres", "redis", "kafka", "redis-baskets")
UP, DOWN = 2.0, (1.0, 5.0)  # seconds between two outages, at least; of one, least and most
ENDED_WITHIN = 600.0  # seconds after the last kill
DAY = 24 * 3600.0
WAITS = {"ORDER_ANSWER_SECONDS": "60", "ORDER_PAYMENT_SECONDS": "90", "ORDER_COMPLETION_SECONDS": "60"}
"""Shorter than in the product, so that orders expire while others are placed."""


@dataclass(frozen=True, slots=True)
class Scale:
    """a_second: orders. kills: of agents. pause: seconds between two, at least. stopped: seconds from SIGSTOP to SIGCONT.
    outages: of the servers and the edge. Kills and outages are spread over the load."""

    orders: int
    a_second: float = 20.0
    kills: int = 10
    pause: float = 5.0
    stopped: float = 12.0
    outages: int = len(SERVERS) * 2

    @property
    def seconds(self) -> float:
        """Of the load."""
        return self.orders / self.a_second

    def spread(self, times: int, least: float) -> tuple[float, float]:
        """Seconds between two of so many, least and most."""
        mean = self.seconds / max(1, times)
        return max(least, mean / 2), max(2 * least, mean * 3 / 2)

    @property
    def guests(self) -> int:
        return max(4, self.orders // PER_GUEST)


FULL, SHORT = Scale(orders=100_000), Scale(orders=150, a_second=5.0, kills=3, pause=3.0, stopped=9.0, outages=4)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault orders", description=__doc__)
    said.add_argument("--orders", type=int, default=FULL.orders, help="(default: %(default)s)")
    said.add_argument("--a-second", type=float, default=FULL.a_second, help="orders (default: %(default)g)")
    said.add_argument("--kills", type=int, default=FULL.kills, help="of agents (default: %(default)s)")
    said.add_argument(
        "--outages", type=int, default=FULL.outages, help="of servers, provider, edge (default: %(default)s)"
    )
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the load, the kills and the outages")
    said.add_argument("--short", action="store_true", help=f"{SHORT.orders} orders, {SHORT.kills} kills")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    full = Scale(chosen.orders, chosen.a_second, chosen.kills, outages=chosen.outages)
    async with street(keep=chosen.keep) as on:
        return await orders(on, SHORT if chosen.short else full, chosen.seed)


def street(*, keep: bool = False) -> AbstractAsyncContextManager[Stage]:
    """A stage on which orders wait for nobody as long as in the product."""
    return stage(keep=keep, settings=WAITS)


async def orders(on: Stage, scale: Scale, seed: int) -> Findings:
    random, findings, at = Random(seed), Findings(), on.stack.endpoints  # noqa: S311 - repeatable, not secret
    begun = time.monotonic()
    children = await on.agents(AGENTS)
    await on.edge()
    city = City(random, scale.guests)
    await seed_city(at, city)
    killer = Killer(children, Random(seed + 1), scale.spread(scale.kills, scale.pause), scale.stopped)  # noqa: S311
    of_servers = Random(seed + 2)  # noqa: S311
    outages = in_turn(on, islice(cycle(SERVERS), scale.outages), of_servers, scale.spread(scale.outages, UP), DOWN)
    async with aiohttp.ClientSession(at.edge, connector=aiohttp.TCPConnector(limit=0)) as session:
        edge = Edge(session, Tokens(on.stack.site.data.keys))
        people = People(on, city, edge, seed)
        await people.move_in()
        say(f"{len(city.guests)} guests, {len(city.restaurants)} restaurants, seed {seed}: the load begins")
        async with people.at_work():
            async with asyncio.TaskGroup() as all_at_once:
                all_at_once.create_task(people.guests.order(scale.orders, scale.seconds))
                all_at_once.create_task(killer.run(scale.kills))
                all_at_once.create_task(outages)
            say("all have ordered, nothing is killed any more")
            await _to_the_end(on, people, findings)
    findings.measured(seed=seed, kills=dict(killer.done), outages=scale.outages, took_s=round(time.monotonic() - begun))
    findings.measured(held_mb=await held(on.stack))
    await _audit(on, people, children, findings)
    return findings


class People:
    """Everybody besides the product, and what comes twice. ways: of the kitchens."""

    def __init__(
        self,
        on: Stage,
        city: City,
        edge: Edge,
        seed: int,
        manners: Manners = ANYHOW,
        ways: Mapping[str, float] = WAYS,
    ) -> None:
        at = on.stack.endpoints
        draw = (Random(seed + n) for n in range(3, 9))  # noqa: S311
        self.edge = edge
        self.guests = Customers(edge, city, next(draw), manners)
        self.kitchens = Kitchens(at.rabbit, city.restaurants, next(draw), ways)
        self.couriers = Couriers(edge, city.couriers, city.owner, next(draw))
        self.owners = Owners(at.kafka, edge, city, self.couriers, next(draw))
        self.doubling = Doubling(at.kafka, TWICE, DOUBLED, next(draw))

    async def move_in(self) -> None:
        await self.guests.move_in()
        await self.couriers.sign_up()

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        tasks = [asyncio.create_task(each.run()) for each in (self.kitchens, self.owners, self.doubling)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def rest(self) -> None:
        """Returns when everybody has said what they had begun to say."""
        await self.kitchens.rest()
        await self.owners.rest()

    async def audit(self, findings: Findings) -> None:
        findings.measured(**self._figures())
        findings.take(self.guests.tally.wrong)
        findings.breaks("a ticket came again as a new one", self.kitchens.wrong)
        findings.breaks("what a kitchen said in broken words is not kept", await self.kitchens.unburied())
        findings.breaks("a courier sees what is not theirs", self.couriers.wrong)

    def _figures(self) -> dict[str, object]:
        return {
            **self.guests.tally.figures(),
            "asked_again": dict(self.edge.again),
            "doubled": self.doubling.doubled,
            "kitchens": dict(self.kitchens.ways),
            "kitchens_lost": dict(self.kitchens.lost),
            "couriers": dict(self.couriers.ways),
            "couriers_heard": dict(self.couriers.answers),
            "owners_heard": dict(self.owners.answers),
            "cancellations": dict(self.guests.cancelled),
        }


async def _to_the_end(on: Stage, people: People, findings: Findings) -> None:
    """Everybody says all that they have to say. Then the clock of the orders jumps, so that every order has waited long enough:
    for those that were ordered for later and those that nobody answers, and again for what has become of them."""
    at = on.stack.endpoints
    clock = DomainClock(at.postgres, "order")
    for days in (1, 2, 3):
        await _until_said(on, people, findings)
        await clock.jump(days * DAY)
        await lag.quiet(at, findings, ENDED_WITHIN)


async def _until_said(on: Stage, people: People, findings: Findings) -> None:
    await _until_caught_up(on, findings)
    await people.rest()
    await _until_caught_up(on, findings)
    await people.rest()


async def _until_caught_up(on: Stage, findings: Findings) -> None:
    left = await lag.caught_up(on.stack.endpoints, ENDED_WITHIN)
    findings.breaks(f"not done within {ENDED_WITHIN:.0f} s", (f"{name}: {messages}" for name, messages in left.items()))


async def _audit(on: Stage, people: People, children: Sequence[Child], findings: Findings) -> None:
    say("the audit begins")
    at, checks = on.stack.endpoints, whole.checks()
    for found in (await whole.look(at, checks, at_rest=True)).values():
        findings.take(found)
    money = next(each for each in checks if isinstance(each, MoneyCheck))
    await audit_provider.audit(at.provider, on.stack.site.data.keys, money, findings)
    audit_dead.audit(await topic_log.dead_letters(at.brokers), findings)
    requested = next(each for each in checks if isinstance(each, MailsCheck)).requested
    audit_mails.out(on, requested, findings, [child.program.name for child in children])
    await people.audit(findings)
    used = findings.figures["orders_with_coupon"]
    findings.breaks("a coupon was used too often", [used] if used > USES else [])
    say("the audit is done")

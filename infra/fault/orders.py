"""`fault orders`: guests order, kitchens answer at random over RabbitMQ, messages come twice, and whatever takes part is
killed: agents, edge, payment provider, servers. Then all that was begun has to end, and everything is audited."""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random

import aiohttp

from infra.audit import lag, topic_log, whole
from infra.audit.findings import Findings
from infra.audit.mails import MailsCheck
from infra.audit.money import MoneyCheck
from infra.fault import audit_dead, audit_mails, audit_provider, load
from infra.fault.city import USES, City
from infra.fault.clock import DomainClock
from infra.fault.counter import Counters
from infra.fault.customers import Customers, Edge, Ordered, Tokens
from infra.fault.doubling import Doubling
from infra.fault.killer import Killer
from infra.fault.kitchens import Kitchens
from infra.fault.outage import away
from infra.fault.seeding import seed
from infra.stack.stage import Stage, say, stage
from infra.supervision.child import Child

AGENTS, PER_GUEST = 2, 25  # orders of a guest
DOUBLED = 0.05  # share of the messages
TWICE = ("basket_commands", "order_commands", "payment_commands", "kitchen_commands", "discount_commands", "courier_commands",
         "order_events", "payment_events", "kitchen_events")  # fmt: skip
SERVERS = ("provider", "rabbit", "edge-1", "postgres", "redis", "kafka", "redis-baskets")
UP, DOWN = (2.0, 6.0), (1.0, 5.0)  # seconds between two outages and of one, least and most
ENDED_WITHIN = 300.0  # seconds after the last kill
DAY = 24 * 3600.0
WAITS = {"ORDER_ANSWER_SECONDS": "60", "ORDER_PAYMENT_SECONDS": "90", "ORDER_COMPLETION_SECONDS": "60"}
"""Shorter than in the product, so that orders expire while others are placed."""


@dataclass(frozen=True, slots=True)
class Scale:
    """a_second: orders. kills: of agents. pause: seconds between two, least and most. stopped: seconds from SIGSTOP to SIGCONT.
    outages: of the servers and the edge."""

    orders: int
    a_second: float = 20.0
    kills: int = 10
    pause: tuple[float, float] = (5.0, 10.0)
    stopped: float = 12.0
    outages: int = len(SERVERS) * 2

    @property
    def guests(self) -> int:
        return max(4, self.orders // PER_GUEST)


SHORT = Scale(orders=150, a_second=5.0, kills=3, pause=(3.0, 6.0), stopped=9.0, outages=4)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault orders", description=__doc__)
    said.add_argument("--orders", type=int, default=100_000)
    said.add_argument("--a-second", type=float, default=Scale.a_second, help="orders (default: %(default)g)")
    said.add_argument("--kills", type=int, default=Scale.kills, help="of agents (default: %(default)s)")
    said.add_argument(
        "--outages", type=int, default=Scale.outages, help="of servers, provider, edge (default: %(default)s)"
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
    children = await on.agents(AGENTS)
    await on.edge()
    city = City(random, scale.guests)
    await _settle(on, city)
    killer = Killer(children, Random(seed + 1), scale.pause, scale.stopped)  # noqa: S311
    async with aiohttp.ClientSession(at.edge, connector=aiohttp.TCPConnector(limit=0)) as session:
        edge = Edge(session, Tokens(on.stack.site.data.keys))
        people = _People(on, city, edge, seed)
        await people.guests.move_in()
        say(f"{len(city.guests)} guests, {len(city.restaurants)} restaurants, seed {seed}: the load begins")
        async with people.at_work():
            async with asyncio.TaskGroup() as all_at_once:
                all_at_once.create_task(people.guests.order(scale.orders, scale.orders / scale.a_second))
                all_at_once.create_task(killer.run(scale.kills))
                all_at_once.create_task(_outages(on, Random(seed + 2), scale.outages))  # noqa: S311
            say("all have ordered, nothing is killed any more")
            await _to_the_end(on, people, findings)
    findings.measured(seed=seed, kills=dict(killer.done), outages=scale.outages, **people.figures())
    await _audit(on, people, children, findings)
    return findings


class _People:
    """Everybody besides the product, and what comes twice."""

    def __init__(self, on: Stage, city: City, edge: Edge, seed: int) -> None:
        at = on.stack.endpoints
        draw = (Random(seed + n) for n in range(3, 9))  # noqa: S311
        self.edge = edge
        self.guests = Customers(edge, city, next(draw))
        self.kitchens = Kitchens(at.rabbit, city.restaurants, next(draw))
        self.counters = Counters(at.kafka, edge, city, next(draw))
        self.doubling = Doubling(at.kafka, TWICE, DOUBLED, next(draw))

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        tasks = [asyncio.create_task(each.run()) for each in (self.kitchens, self.counters, self.doubling)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def figures(self) -> dict[str, object]:
        ordered = self.guests.ordered
        times = sorted(each.took for each in ordered)
        return {
            "wanted": len(ordered),
            "orders_taken": sum(bool(each.ids) for each in ordered),
            "refused": dict(Counter(code for each in ordered for code in each.codes)),
            "asked_again": dict(self.edge.again),
            "checkout_p50_s": round(times[len(times) // 2], 2),
            "checkout_p99_s": round(times[len(times) * 99 // 100], 2),
            "doubled": self.doubling.doubled,
            "kitchens": dict(self.kitchens.ways),
            "kitchens_lost": dict(self.kitchens.lost),
            "said_to_be_delivered": dict(self.counters.answers),
            "cancellations": dict(self.guests.cancelled),
        }


async def _settle(on: Stage, city: City) -> None:
    """Everybody knows the restaurants, meals and the coupon."""
    at = on.stack.endpoints
    await load.send(at.kafka, city.people())
    await seed(at, city.openings(), city.menus(), city.coupons())


async def _outages(on: Stage, random: Random, count: int) -> None:
    """One after the other is killed or stopped, and comes back."""
    for n in range(count):
        name = SERVERS[n % len(SERVERS)]
        await asyncio.sleep(random.uniform(*UP))
        await away(on, name, random, DOWN)


async def _to_the_end(on: Stage, people: _People, findings: Findings) -> None:
    """Kitchens and counters say all that they have to say; then the clock of the orders jumps, so that every order has waited
    long enough."""
    at = on.stack.endpoints
    await _until_caught_up(on, findings)
    await people.kitchens.rest()
    await _until_caught_up(on, findings)
    await people.counters.rest()
    await DomainClock(at.postgres, "order").jump(2 * DAY)
    await lag.quiet(at, findings, ENDED_WITHIN)


async def _until_caught_up(on: Stage, findings: Findings) -> None:
    left = await lag.caught_up(on.stack.endpoints, ENDED_WITHIN)
    findings.breaks(f"not done within {ENDED_WITHIN:.0f} s", (f"{name}: {messages}" for name, messages in left.items()))


async def _audit(on: Stage, people: _People, children: Sequence[Child], findings: Findings) -> None:
    say("the audit begins")
    at, checks = on.stack.endpoints, whole.checks()
    for found in (await whole.look(at, checks, at_rest=True)).values():
        findings.take(found)
    money = next(each for each in checks if isinstance(each, MoneyCheck))
    await audit_provider.audit(at.provider, on.stack.site.data.keys, money, findings)
    audit_dead.audit(await topic_log.dead_letters(at.kafka), findings)
    requested = next(each for each in checks if isinstance(each, MailsCheck)).requested
    audit_mails.out(on, requested, findings, [child.program.name for child in children])
    _answers(people.guests.ordered, findings)
    used = findings.figures["orders_with_coupon"]
    findings.breaks("a coupon was used too often", [used] if used > USES else [])
    say("the audit is done")


def _answers(ordered: Sequence[Ordered], findings: Findings) -> None:
    """One key, one order: also where it was asked twice at once, and again after a kill."""
    findings.breaks("one key, several orders", (f"{each.key}: {each.ids}" for each in ordered if len(each.ids) > 1))
    findings.breaks("one key, an order and a refusal", (f"{each.key}: {each.ids} {each.codes}" for each in ordered
                                                        if each.ids and each.codes))  # fmt: skip
    ids = Counter(id for each in ordered for id in each.ids)
    findings.breaks("two keys, one order", (id for id, times in ids.items() if times > 1))

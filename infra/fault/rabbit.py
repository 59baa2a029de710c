"""`fault rabbit`: RabbitMQ is away for minutes while guests order. All orders are taken; when it is back each kitchen gets each
ticket once, no answer is lost, and no order has expired."""

import argparse
import asyncio
import signal
import time
from collections.abc import Sequence
from random import Random

import aiohttp

from infra.audit import lag, topic_log, whole
from infra.audit.findings import Findings
from infra.fault.orders import People
from infra.fault.outage import away
from infra.fault.people.city import City
from infra.fault.people.customers import PLAIN, Edge, Tokens
from infra.fault.people.kitchens import OBEDIENT
from infra.fault.plans.seeding import seed_city
from infra.stack.stage import Stage, stage

AGENTS, GUESTS = 2, 40
AROUND = 10.0  # seconds of load before and after
ANSWER = 60.0  # seconds that a kitchen has besides the outage: without them an order of its first moment expires when it ends
ENDED_WITHIN = 120.0
ACCEPTED, EXPIRED = "OrderAccepted", "OrderExpired"


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault rabbit", description=__doc__)
    said.add_argument("--seconds", type=float, default=300.0, help="that it is away (default: %(default)g)")
    said.add_argument("--a-second", type=float, default=4.0, help="orders (default: %(default)g)")
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the load")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    waits = {"ORDER_ANSWER_SECONDS": str(int(chosen.seconds + AROUND + ANSWER))}
    async with stage(keep=chosen.keep, settings=waits) as on:
        return await rabbit(on, chosen.seconds, chosen.a_second, chosen.seed)


async def rabbit(on: Stage, seconds: float, a_second: float, drawn: int) -> Findings:
    random, findings, at = Random(drawn), Findings(), on.stack.endpoints  # noqa: S311 - repeatable, not secret
    await on.agents(AGENTS)
    await on.edge()
    city = City(random, GUESTS)
    await seed_city(at, city)
    async with aiohttp.ClientSession(at.edge, connector=aiohttp.TCPConnector(limit=0)) as session:
        people = People(on, city, Edge(session, Tokens(on.stack.site.data.keys)), drawn, PLAIN, OBEDIENT)
        await people.move_in()
        span = seconds + 2 * AROUND
        async with people.at_work():
            async with asyncio.TaskGroup() as both:
                both.create_task(people.guests.order(int(span * a_second), span))
                both.create_task(_away(on, seconds))
            await _until_each_has_its_ticket(people, findings)
            await people.rest()
            await lag.quiet(at, findings, ENDED_WITHIN)
        await people.audit(findings)
    findings.measured(seed=drawn, away_s=seconds)
    await whole.audit(at, findings)
    found = (await topic_log.read(at.brokers, ["order_events"], {ACCEPTED, EXPIRED}))["order_events"]
    accepted = {event.aggregate for event in found if event.type == ACCEPTED}
    findings.breaks("answers of kitchens are lost", _differ(len(accepted), people.guests.tally.taken))
    expired = {event.aggregate for event in found if event.type == EXPIRED}
    findings.breaks("expired, though their kitchens answer", expired)
    return findings


async def _away(on: Stage, seconds: float) -> None:
    await asyncio.sleep(AROUND)
    await away(on, "rabbit", signal.SIGKILL, seconds)


async def _until_each_has_its_ticket(people: People, findings: Findings) -> None:
    begun = time.monotonic()
    while people.kitchens.tickets < people.guests.tally.taken and time.monotonic() - begun < ENDED_WITHIN:  # noqa: ASYNC110 - counted elsewhere
        await asyncio.sleep(0.5)
    findings.measured(last_ticket_s=round(time.monotonic() - begun, 1), tickets_at_kitchens=people.kitchens.tickets)
    findings.breaks(
        "kitchens have not a ticket of each order", _differ(people.kitchens.tickets, people.guests.tally.taken)
    )


def _differ(found: int, wanted: int) -> Sequence[str]:
    return [] if found == wanted else [f"{found}, not {wanted}"]

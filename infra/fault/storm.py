"""`fault storm`: workers are killed as in `fault workers`, and meanwhile the servers stop or die one after another, too."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from random import Random

from infra.audit import lag
from infra.audit.findings import Findings
from infra.fault.audit import audit
from infra.fault.killer import Killer
from infra.fault.outage import in_turn
from infra.fault.plans import load
from infra.fault.plans.plan import Town
from infra.fault.plans.seeding import seed_town
from infra.stack.stage import NOBODY_ANSWERS, Stage, stage

COMMANDS, USERS, SECONDS, KILLS = 10_000, 1000, 60.0, 8
SERVERS = ("postgres", "mongo", "redis", "redis-baskets", "kafka") * 2
UP, DOWN = (1.0, 5.0), (1.0, 6.0)  # seconds, least and most


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault storm", description=__doc__)
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the load, the kills and the outages")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    findings = Findings()
    async with stage(keep=chosen.keep, settings=NOBODY_ANSWERS) as on:
        await storm(on, chosen.seed, findings)
    return findings


async def storm(on: Stage, seed: int, findings: Findings) -> None:
    random, endpoints = Random(seed), on.stack.endpoints  # noqa: S311 - repeatable, not secret
    agents = await on.agents(2)
    town = Town(random)
    seeds = await seed_town(endpoints, town)
    plan = town.load(COMMANDS, USERS)
    killer = Killer(agents, Random(seed + 1), (5.0, 10.0), 15.0)  # noqa: S311
    async with asyncio.TaskGroup() as all_at_once:
        sending = all_at_once.create_task(load.send(endpoints.kafka, plan, SECONDS))
        all_at_once.create_task(killer.run(KILLS))
        all_at_once.create_task(in_turn(on, SERVERS, random, UP, DOWN))
    findings.measured(seed=seed, published=sending.result(), kills=dict(killer.done), outages=len(SERVERS))
    await lag.quiet(endpoints, findings)
    await audit(on, [*seeds, *plan], findings, [child.program.name for child in agents])

"""`fault ending`: SIGTERM to every process of the product while Kafka is away: each ends by itself within 10 s."""

import argparse
import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from infra.audit import lag
from infra.audit.findings import Findings
from infra.fault.audit import audit
from infra.fault.plans import load
from infra.fault.plans.plan import Town
from infra.fault.plans.seeding import seed_town
from infra.stack.stage import NOBODY_ANSWERS, Stage, say, stage
from infra.supervision.child import Child

ENDS_WITHIN = 10.0  # seconds
SLACK = 4.0
"""How many times as long as is promised of a quiet machine the short forms may take, which run beside other tests."""
COMMANDS = 1500


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault ending", description=__doc__)
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    findings = Findings()
    async with stage(keep=said.parse_args(arguments).keep, settings=NOBODY_ANSWERS) as on:
        await ending_at_work(on, findings)
    return findings


async def ending_at_work(on: Stage, findings: Findings, slack: float = 1.0) -> None:
    """In the middle of much work, which whoever comes next ends. slack: see `ending`."""
    agents, edge = await on.agents(2), await on.edge()
    town, endpoints = Town(Random(1)), on.stack.endpoints  # noqa: S311
    plan = [*await seed_town(endpoints, town), *town.load(COMMANDS, COMMANDS // 10)]
    await load.send(endpoints.kafka, plan[-COMMANDS:])
    await ending(on, [*agents, edge], findings, slack)
    await on.stack.start("kafka")
    for child in agents:
        child.start()
    for child in agents:
        await child.until_ready()
    say("kafka and the agents are back")
    await lag.quiet(endpoints, findings)
    await audit(on, plan, findings, [child.program.name for child in agents])


async def ending(on: Stage, children: Sequence[Child], findings: Findings, slack: float = 1.0) -> None:
    """They stay down, and so does Kafka. slack: how many times as long as is promised they may take."""
    within = ENDS_WITHIN * slack
    for child in children:  # the supervisor's SIGKILL comes later, so whoever takes as long did not end by itself
        child.program = replace(child.program, patience=within + 2)
    await on.stack.stop("kafka", signal.SIGKILL)
    say("kafka is killed, SIGTERM to all")
    took = await asyncio.gather(*(_end(child) for child in children))
    for child, seconds in zip(children, took, strict=True):
        if seconds > within:
            findings.breaks(
                "not ended by itself after SIGTERM without Kafka", [f"{child.program.name}: {seconds:.1f} s"]
            )
    findings.measured(ended_s={child.program.name: round(s, 2) for child, s in zip(children, took, strict=True)})


async def _end(child: Child) -> float:
    begun = time.monotonic()
    await child.stop(signal.SIGTERM)
    return time.monotonic() - begun

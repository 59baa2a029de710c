"""`fault workers`: commands flow while agents processes are killed, ended and stopped; then everything is audited.

They are for domains on each store: PostgreSQL, MongoDB (the catalog; and the bytes of photos) and the baskets' Redis.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from infra.audit import lag
from infra.audit.findings import Findings
from infra.fault.audit import audit
from infra.fault.killer import Killer
from infra.fault.plans import load
from infra.fault.plans.photos import uploads, with_logos
from infra.fault.plans.plan import MEALS, Town
from infra.fault.plans.planned import Planned
from infra.fault.plans.seeding import seed_town
from infra.stack.stage import NOBODY_ANSWERS, Stage, say, stage

AGENTS = 2


@dataclass(frozen=True, slots=True)
class Scale:
    """pause: seconds between kills, least and most. stopped: seconds from SIGSTOP to SIGCONT, past the session's 6."""

    commands: int
    kills: int
    users: int = 2000
    pause: tuple[float, float] = (5.0, 10.0)
    stopped: float = 15.0

    @property
    def seconds(self) -> float:
        """That the load is spread over."""
        return self.kills * sum(self.pause) / 2


SHORT = Scale(commands=1500, kills=3, users=150, pause=(3.0, 5.0), stopped=9.0)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault workers", description=__doc__)
    said.add_argument("--commands", type=int, default=20_000)
    said.add_argument("--kills", type=int, default=10)
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the load and of the kills")
    said.add_argument("--short", action="store_true", help=f"{SHORT.commands} commands, {SHORT.kills} kills")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    scale = SHORT if chosen.short else Scale(chosen.commands, chosen.kills)
    async with stage(keep=chosen.keep, settings=NOBODY_ANSWERS) as on:
        return await workers(on, scale, chosen.seed)


async def workers(on: Stage, scale: Scale, seed: int) -> Findings:
    random, findings = Random(seed), Findings()  # noqa: S311 - repeatable, not secret
    children = await on.agents(AGENTS)
    town = Town(random)
    seeds = await seed_town(on.stack.endpoints, town)
    say(f"{len(town.restaurants)} restaurants and {MEALS} meals are known to all, seed {seed}")
    plan = with_logos(town.load(scale.commands, scale.users), town, await uploads(on.stack.endpoints.mongo), random)
    killer = Killer(children, Random(seed + 1), scale.pause, scale.stopped)  # noqa: S311
    sent = await _under_fire(on, plan, killer, scale)
    findings.measured(
        seed=seed, published=sent, kills=dict(killer.done), slowest_sigterm_s=round(killer.slowest_end, 2)
    )
    await lag.quiet(on.stack.endpoints, findings)
    await audit(on, [*seeds, *plan], findings, [child.program.name for child in children])
    return findings


async def _under_fire(on: Stage, plan: Sequence[Planned], killer: Killer, scale: Scale) -> int:
    """Messages that went out, repeats among them. Both sides end before it returns."""
    async with asyncio.TaskGroup() as both:
        sending = both.create_task(load.send(on.stack.endpoints.kafka, plan, scale.seconds))
        both.create_task(killer.run(scale.kills))
    return sending.result()

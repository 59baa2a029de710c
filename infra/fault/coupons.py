"""`fault coupons`: all want the last use of a coupon at once, while agents processes are killed; one gets it."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from random import Random

from infra.audit import lag, whole
from infra.audit.coupons import CouponsCheck
from infra.audit.findings import Findings
from infra.fault import evidence
from infra.fault.audits import dead as audit_dead
from infra.fault.audits import outcomes as audit_outcomes
from infra.fault.evidence import Evidence
from infra.fault.killer import Killer
from infra.fault.plans import load
from infra.fault.plans.plan import Town
from infra.fault.plans.planned import Planned, drawn_id
from infra.fault.plans.seeding import known, seed_town
from infra.stack.stage import NOBODY_ANSWERS, Stage, say, stage
from topics.contracts import basket_commands, discount_commands
from topics.contracts.basket_commands import Checkout, CheckoutItem
from topics.contracts.discount_commands import CreateCoupon

AGENTS, KILLS = 2, 3
CHECKOUTS, SHORT_CHECKOUTS = 1000, 120
LAST, MINE = "LAST1", "MINE1"  # one use in all; one use of each user, all asked for by one user


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault coupons", description=__doc__)
    said.add_argument("--checkouts", type=int, default=CHECKOUTS, help="for each of the two coupons")
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the load and of the kills")
    said.add_argument("--short", action="store_true", help=f"{SHORT_CHECKOUTS} checkouts")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    async with stage(keep=chosen.keep, settings=NOBODY_ANSWERS) as on:
        return await coupons(on, SHORT_CHECKOUTS if chosen.short else chosen.checkouts, chosen.seed)


async def coupons(on: Stage, checkouts: int, seed: int) -> Findings:
    random, findings = Random(seed), Findings()  # noqa: S311 - repeatable, not secret
    children = await on.agents(AGENTS)
    endpoints, town = on.stack.endpoints, Town(random)
    made = [_made(random, LAST, total=1), _made(random, MINE, each=1)]
    seeds = [*await seed_town(endpoints, town), *made]
    await load.send(endpoints.kafka, made)
    await known(endpoints, ("basket", "order"), "coupons", made)
    one = drawn_id(random)
    plan = [_checkout(random, town, n, code, user) for n in range(checkouts)
            for code, user in ((LAST, drawn_id(random)), (MINE, one))]  # fmt: skip
    say(f"{len(plan)} checkouts want two uses, seed {seed}")
    killer = Killer(children, Random(seed + 1), (0.2, 2.0), 9.0)  # noqa: S311
    async with asyncio.TaskGroup() as both:
        both.create_task(load.send(endpoints.kafka, plan))
        both.create_task(killer.run(KILLS))
    findings.measured(seed=seed, checkouts=len(plan), kills=dict(killer.done))
    await lag.quiet(endpoints, findings)
    found = await evidence.gather(endpoints)
    audit_outcomes.audit([*seeds, *plan], found, findings)
    await whole.audit(on.stack.endpoints, findings)
    audit_dead.audit(found.dead, findings)
    findings.breaks("not exactly one order got the last use", _winners(found))
    return findings


def _made(random: Random, code: str, *, total: int | None = None, each: int | None = None) -> Planned:
    coupon = CreateCoupon(kind="fixed", value=500, total_limit=total, per_user_limit=each)
    return Planned(topic=discount_commands.TOPIC, key=code, id=drawn_id(random), message=coupon)


def _checkout(random: Random, town: Town, n: int, code: str, user: str) -> Planned:
    item = CheckoutItem(meal_id=random.choice(town.meals), quantity=1)
    wish = Checkout(
        payment_method="cash", items=(item,), coupon_code=code, pickup=True, keyed=True, note=f"checkout {n}"
    )
    return Planned(
        topic=basket_commands.TOPIC, key=user, id=drawn_id(random), message=wish, caller=user, handed_on=True
    )


def _winners(found: Evidence) -> list[str]:
    check = CouponsCheck()
    for event in found.distinct("order"):
        check.see(event, again=False)
    won = {code: check.placed[code] for code in (LAST, MINE)}
    return [f"{code}: {count} orders" for code, count in won.items() if count != 1]

"""`fault greed`: one client that takes all it can, beside an honest user.

Each attack in turn: how long the honest user waits before and under the attack, both in one run, what failed, and how much of
Redis the attack fills. The attacker comes from one address and has one account.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from infra.audit.findings import Findings
from infra.fault.greedy import ATTACKS, Attack, Target
from infra.fault.honest_user import Kinds, ask
from infra.fault.people.accounts import PASSWORD, Account, open_accounts
from infra.mailbox.store import MailStore
from infra.stack.sizes import memory
from infra.stack.stage import Stage, say, stage

AT_MOST_SLOWER = 2.0
TOLD_WITHIN = 60.0
SLOWER, LATE = "an honest user waits more than twice as long", "an honest user was told that it takes longer"
NOISE_MS = 25.0  # a p99 that is so much later is no delay that anybody suffers


@dataclass(frozen=True, slots=True)
class Scale:
    """seconds: of each measurement of the honest user. after: seconds after an attack within which all is as before."""

    seconds: float
    after: float = 3.0


FULL, SHORT = Scale(12.0), Scale(4.0)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault greed", description=__doc__)
    names = [attack.name for attack in ATTACKS]
    said.add_argument("--attack", action="append", choices=names, help="only this one; may be given again")
    said.add_argument("--short", action="store_true", help=f"{SHORT.seconds:.0f} s a measurement")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    findings = Findings()
    async with stage(keep=chosen.keep) as on:
        attacks = [attack for attack in ATTACKS if attack.name in (chosen.attack or [attack.name])]
        await greed(on, attacks, SHORT if chosen.short else FULL, findings)
    return findings


async def greed(on: Stage, attacks: Sequence[Attack], scale: Scale, findings: Findings) -> None:
    await on.agents(1)
    await on.edge()
    url = on.stack.endpoints.edge
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0)) as session:
        honest, greedy = await open_accounts(session, MailStore(on.stack.site.data.mail), 2)
        for attack in attacks:
            target = Target(session, greedy, on.stack.endpoints.redis)
            await attacked(attack, target, url, honest, scale, findings)


async def attacked(attack: Attack, target: Target, url: str, honest: Account, scale: Scale, findings: Findings) -> None:
    calm = await ask(url, honest.email, PASSWORD, scale.seconds)
    before = await memory(target.redis)
    attacking = asyncio.create_task(attack.run(target))
    under = await ask(url, honest.email, PASSWORD, scale.seconds)
    await _until_told(target, attack)
    attacking.cancel()
    await asyncio.gather(attacking, return_exceptions=True)
    filled = (await memory(target.redis) - before) / 2**20
    after = await ask(url, honest.email, PASSWORD, scale.after)
    figures = {
        kind: {"calm_p99_ms": calm[kind].quantile_ms(0.99), "attacked_p99_ms": under[kind].quantile_ms(0.99),
               "calm_p50_ms": calm[kind].quantile_ms(0.5), "attacked_p50_ms": under[kind].quantile_ms(0.5),
               "asked": len(under[kind].times), "done": under[kind].done, "late": under[kind].late,
               "failed": under[kind].failed, "failed_after": after[kind].failed}
        for kind in under if kind in calm and kind in after
    }  # fmt: skip
    say(f"{attack.name}: {attack.says}: answers {dict(target.answers)}, Redis +{filled:.1f} MB")
    for kind, each in figures.items():
        say(f"  {kind}: {each}")
    findings.measured(**{attack.name: {"answers": dict(target.answers), "redis_mb": round(filled, 1), **figures}})
    judge(attack, calm, under, after, filled, findings)


async def _until_told(target: Target, attack: Attack) -> None:
    """Returns when the attacker was told that it is too much, or after TOLD_WITHIN seconds."""
    deadline = time.monotonic() + TOLD_WITHIN
    while attack.told and not target.answers[attack.told] and time.monotonic() < deadline:  # noqa: ASYNC110 - counted elsewhere
        await asyncio.sleep(0.1)


def judge(attack: Attack, calm: Kinds, under: Kinds, after: Kinds, filled: float, findings: Findings) -> None:
    for when, kinds in (("", under), (" after the attack", after)):
        for kind, each in kinds.items():
            failed = [f"{attack.name}: {kind}: {each.failed} of {len(each.times)}"] * bool(each.failed)
            findings.breaks(f"an honest user's {kind} failed{when}", failed)
            late = [f"{attack.name}: {kind}{when}: {each.late} of {len(each.times)}"] * bool(each.late)
            findings.breaks(LATE, late)
    for kind, each in under.items():
        quiet, now = calm[kind].quantile_ms(0.99), each.quantile_ms(0.99)
        slower = now > max(quiet + NOISE_MS, AT_MOST_SLOWER * quiet)
        findings.breaks(SLOWER, [f"{attack.name}: {kind}: {quiet} → {now} ms"] * slower)
    fills = [f"{attack.name}: {filled:.1f} MB"] * (filled > attack.most_mb)
    findings.breaks("one client fills Redis", fills)

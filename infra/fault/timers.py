"""`fault timers`: many timers wait, thousands come due while agents are killed and the domain's clock jumps an hour.

The timers are campaigns that begin later (agents/restaurant/campaigns.py). What is looked at is each command that a timer has
sent, and each campaign that has begun.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import asyncpg

from agents.restaurant.limits import RESTAURANTS
from infra.audit import lag, topic_log
from infra.audit.findings import Findings
from infra.audit.topic_log import Entry
from infra.fault.audits import timers as audit_timers
from infra.fault.audits.timers import Told
from infra.fault.clock import DomainClock
from infra.fault.killer import Killer
from infra.fault.plans import load
from infra.fault.plans.planned import Planned, drawn_id
from infra.layout.site import Endpoints
from infra.process.cpu import Clock
from infra.stack.stage import Stage, say, stage
from infra.supervision.child import Child, pids
from topics.contracts import restaurant_commands, restaurant_events
from topics.contracts.restaurant_commands import BeginCampaign, OpenRestaurant, StartCampaign
from topics.contracts.restaurant_events import CampaignBegan
from topics.messages.ids import derive

AGENTS = 2
CAMPAIGNS = 20  # of a restaurant: more are refused
HOUR = 3600.0
DONE_WITHIN = 600.0  # seconds: each campaign that begins is told on 64 pages
MORE_IDLE = 1.0  # percent of a core that agents and PostgreSQL may use more while the timers wait
LEAD_OF_OPENING = 3.0  # times the seconds that it takes to open all restaurants
OUT_WITHIN = 2.0  # seconds until all timers of one second are sent
QUANTILES = {"p50": 0.5, "p99": 0.99, "max": 1.0}
_COUNTS = """
select (select count(*) from timer), (select count(*) from timer where not sent and due <= domain_clock()),
       (select count(*) from parked)
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """waiting: timers that are not due in the run. due: while processes are killed. burst: at one second, afterwards, while
    nobody is. idle: seconds that the idle processes are measured. lead: seconds until the first timer is due, at least, so that
    all are set before. bars: whether what is measured has to be good enough."""

    waiting: int
    due: int
    burst: int
    kills: int
    pause: tuple[float, float] = (4.0, 8.0)
    stopped: float = 12.0
    idle: float = 30.0
    lead: float = 15.0
    bars: bool = True

    @property
    def seconds(self) -> float:
        """That the kills take, about."""
        return self.kills * sum(self.pause) / 2


SHORT = Scale(waiting=2000, due=80, burst=40, kills=3, pause=(3.0, 5.0), stopped=9.0, idle=1.0, lead=5.0, bars=False)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault timers", description=__doc__)
    said.add_argument("--waiting", type=int, default=100_000)
    said.add_argument("--due", type=int, default=2_000, help="while processes are killed")
    said.add_argument("--burst", type=int, default=1_000, help="at one second")
    said.add_argument("--kills", type=int, default=9)
    said.add_argument("--seed", type=int, default=int(time.time()), help="of the timers and of the kills")
    said.add_argument("--short", action="store_true", help=f"{SHORT.waiting} wait, {SHORT.due} are due; no bars")
    said.add_argument("--keep", action="store_true", help="leave the data folder with its logs behind")
    chosen = said.parse_args(arguments)
    scale = SHORT if chosen.short else Scale(chosen.waiting, chosen.due, chosen.burst, chosen.kills)
    async with stage(keep=chosen.keep) as on:
        return await timers(on, scale, chosen.seed)


async def timers(on: Stage, scale: Scale, seed: int) -> Findings:
    random, findings = Random(seed), Findings()  # noqa: S311 - repeatable, not secret
    findings.measured(seed=seed, waiting=scale.waiting)
    children = await on.agents(AGENTS)
    street, opening = Street(on.stack.endpoints, random, findings), time.monotonic()
    await street.open((scale.waiting + scale.due + scale.burst) // CAMPAIGNS + 1)
    # what begins before it is decided needs no timer: a slow machine gets more time to set them
    lead = max(scale.lead, LEAD_OF_OPENING * (time.monotonic() - opening))
    before = await _idle(on, children, scale.idle)
    await street.begin([random.uniform(100, 300) * 24 * HOUR for _ in range(scale.waiting)])
    after = await _idle(on, children, scale.idle)
    findings.measured(idle_percent=before, idle_percent_waiting=after)
    more = sum(after.values()) - sum(before.values())
    findings.breaks("idle cost", [f"{more:.2f} % more"] if scale.bars and more > MORE_IDLE else [])
    clock = DomainClock(on.stack.endpoints.postgres, street.DOMAIN)
    killer = Killer(children, Random(seed + 1), scale.pause, scale.stopped)  # noqa: S311
    fire = await _under_fire(street, clock, killer, scale, lead)
    for child in children:
        await child.until_ready()
    await street.quiet()
    burst = await street.begin([lead] * scale.burst)
    await _come(max(burst.begins.values()))
    await street.quiet()
    findings.measured(kills=dict(killer.done))
    await _audit(street, fire, burst, clock, scale)
    return findings


class Made(NamedTuple):
    """begins: campaign → when it begins, Unix seconds. at: when all their timers were set."""

    begins: dict[str, float]
    at: float


class Street:
    """The restaurants whose campaigns are the timers."""

    DOMAIN = "restaurant"

    def __init__(self, endpoints: Endpoints, random: Random, findings: Findings) -> None:
        self._endpoints, self._random, self._made = endpoints, random, 0
        self._owners: dict[str, str] = {}
        self.findings = findings

    async def open(self, restaurants: int) -> None:
        self._keys = [drawn_id(self._random) for _ in range(restaurants)]
        owners = [drawn_id(self._random) for _ in range(0, restaurants, RESTAURANTS.most)]
        self._owners = {key: owners[n // RESTAURANTS.most] for n, key in enumerate(self._keys)}
        await self._send([(key, OpenRestaurant(name=f"Restaurant {n}")) for n, key in enumerate(self._keys)])

    async def begin(self, after: Sequence[float]) -> Made:
        """Campaigns that begin so many seconds from now. Returns when their timers are set."""
        now, sends, begins = datetime.now(UTC), list[tuple[str, StartCampaign]](), list[float]()
        for seconds in after:
            key, start = self._keys[self._made // CAMPAIGNS], now + timedelta(seconds=seconds)
            sends.append((key, _campaign(key, f"campaign {self._made}", start)))
            begins.append(start.timestamp())
            self._made += 1
        sent = await self._send(sends)
        say(f"{(await self.counts())[0]} timers wait")
        return Made({derive(id, "campaign"): begin for id, begin in zip(sent, begins, strict=True)}, time.time())

    async def _send(self, messages: Sequence[tuple[str, OpenRestaurant | StartCampaign]]) -> list[str]:
        """Ids of the commands, when they are decided."""
        plan = [
            Planned(
                topic=restaurant_commands.TOPIC, key=key, id=drawn_id(self._random), caller=self._owners[key], message=message
            )
            for key, message in messages
        ]  # fmt: skip
        await load.send(self._endpoints.kafka, plan)
        await self.quiet()
        return [each.id or "" for each in plan]

    async def quiet(self) -> None:
        await lag.quiet(self._endpoints, self.findings, DONE_WITHIN)

    async def all_sent(self) -> None:
        """Returns when no timer is due that is not sent."""
        deadline = time.monotonic() + DONE_WITHIN
        while (await self.counts())[1] and time.monotonic() < deadline:  # noqa: ASYNC110 - the store is asked
            await asyncio.sleep(0.2)

    async def counts(self) -> tuple[int, int, int]:
        """Timers that there are, those of them that are due and not sent, and parked messages."""
        connection = await asyncpg.connect(self._endpoints.postgres, server_settings={"search_path": self.DOMAIN})
        try:
            row = await connection.fetchrow(_COUNTS)
        finally:
            await connection.close()
        return row[0], row[1], row[2]

    async def told(self) -> tuple[Sequence[Entry], Sequence[Entry], Sequence[Entry]]:
        """All commands of timers, all campaigns that began, all dead letters."""
        commands, events = restaurant_commands.TOPIC, restaurant_events.TOPIC
        kinds = {BeginCampaign.__name__, CampaignBegan.__name__}
        found = await topic_log.read(self._endpoints.brokers, [commands.name, events.name], kinds)
        dead = await topic_log.read(self._endpoints.brokers, [commands.dead_letters, events.dead_letters])
        return found[commands.name], found[events.name], [entry for each in dead.values() for entry in each]


def _campaign(restaurant: str, title: str, start: datetime) -> StartCampaign:
    end = start + timedelta(days=365)
    return StartCampaign(restaurant_id=restaurant, title=title, start_date=start.isoformat(), end_date=end.isoformat())


async def _idle(on: Stage, children: Sequence[Child], seconds: float) -> dict[str, float]:
    """Percent of a core that agents and PostgreSQL use."""
    connection = await asyncpg.connect(on.stack.endpoints.postgres)
    await connection.execute("vacuum analyze")  # else the server does it by itself meanwhile
    await connection.close()
    running = {child.program.name: child for child in (*children, on.stack.child("postgres"))}
    begun, clock = time.monotonic(), Clock(pids(running))
    await asyncio.sleep(seconds)
    took = time.monotonic() - begun
    return {name: round(cpu / took * 100, 2) for name, cpu in clock.used().items()}


async def _under_fire(street: Street, clock: DomainClock, killer: Killer, scale: Scale, lead: float) -> Made:
    """Half of the timers are due within the kills, the others within the hour that the clock jumps ahead."""
    span = scale.seconds / (scale.due // 2)
    soon = [lead + span * n for n in range(scale.due // 2)]
    ahead = [600 + (HOUR - 1200) * n / scale.due for n in range(scale.due - len(soon))]
    last = time.time() + soon[-1]
    fire = await street.begin([*soon, *ahead])
    async with asyncio.TaskGroup() as both:
        both.create_task(killer.run(scale.kills))
        both.create_task(_jumps(street, clock, scale.seconds / 4))
    await _come(last)
    return fire


async def _jumps(street: Street, clock: DomainClock, seconds: float) -> None:
    """seconds: between two jumps, at least. What is due is sent before the next one: it might not be due any more then."""
    for offset in (HOUR, -HOUR, 0.0):
        await asyncio.sleep(seconds)
        await street.all_sent()
        await clock.jump(offset)


async def _come(moment: float) -> None:
    """Returns after this moment, Unix seconds."""
    await asyncio.sleep(max(0.0, moment + 1 - time.time()))


async def _audit(street: Street, fire: Made, burst: Made, clock: DomainClock, scale: Scale) -> None:
    findings, (sent, began, dead) = street.findings, await street.told()
    audit_timers.audit(Told({**fire.begins, **burst.begins}, sent, began), clock.spells, findings)
    late = audit_timers.lateness(fire.begins, fire.at, sent, clock.spells)
    findings.measured(**{f"late_{name}_s": audit_timers.quantile(late, share) for name, share in QUANTILES.items()})
    out = audit_timers.lateness(burst.begins, burst.at, sent, clock.spells)
    findings.measured(burst=len(out), burst_out_within_s=audit_timers.quantile(out, 1))
    slow = scale.bars and bool(out) and out[-1] > OUT_WITHIN
    findings.breaks(f"of one second, not out within {OUT_WITHIN:.0f} s", [out[-1]] if slow else [])
    waiting, _, parked = await street.counts()
    findings.breaks("timers that do not wait", [waiting] if waiting != scale.waiting else [])
    findings.breaks("messages parked", [parked] if parked else [])
    findings.breaks("dead letters", (entry.headers for entry in dead))

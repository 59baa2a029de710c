"""One outage under load: a server really stops for some seconds and comes back, or loses what it holds, and what clients were
told meanwhile."""

import asyncio
import signal
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from infra.audit.findings import Findings
from infra.fault import losses, membership
from infra.fault.http_load import HttpLoad, Told
from infra.stack.stage import Stage, say
from infra.supervision.child import Child

BEFORE, CALM = 2.0, 3.0  # seconds of load before, and without a refusal after which it counts as over
RECOVERED_WITHIN = 30.0
COMPLETE_WITHIN = 10.0
FORGOTTEN_AFTER = 8.0  # seconds after which Kafka drops members that did not come back with it (their session is 6 s)
LAST_LINES = 30
UP = {
    "kafka": {True: {503}, False: {200, 503}},
    "postgres": {True: {200, 202}, False: {200, 503}},
    "mongo": {True: {200, 202}, False: {200}},
    "redis": {True: {503}, False: {503}},
    "redis-baskets": {True: {200, 202}, False: {200, 503}},
    "mailbox": {True: {200, 202}, False: {200}},
    "rabbit": {True: {200, 202}, False: {200}},
}
"""Server → write or read → what may be answered while it is away. Writes of domains that stand on another server are decided
meanwhile. A read after an own write may ask for patience: the view is a topic behind."""
EMPTIED = {
    "redis": {True: {200, 202, 503}, False: {200, 503}},
    "redis-baskets": {True: {200, 202}, False: {200, 503}},
}
"""The same, until what it has lost is there again."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How outages come. seconds: of each. pace: writes a second. slack: how many times as long as is promised all may take, on
    a busy machine. refused: the share of requests that may be answered 503 where the outage is no reason for it: such a machine
    may be too slow for one to be taken in time."""

    seconds: float
    pace: float
    slack: float = 1.0
    refused: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """how: the signal, None for the server's own way to stop. with_worker: an agents process is killed meanwhile. emptied: the
    server stays up and loses everything."""

    server: str
    how: signal.Signals | None
    with_worker: bool = False
    emptied: bool = False

    @property
    def name(self) -> str:
        if self.emptied:
            return f"{self.server} emptied"
        return (
            f"{self.server} {'killed' if self.how else 'stopped'}{' and a worker killed' if self.with_worker else ''}"
        )

    @property
    def fitting(self) -> Mapping[bool, set[int]]:
        """Write or read → what may be answered while it lasts. Raises KeyError where nobody has said it of the server."""
        return (EMPTIED if self.emptied else UP)[self.server]


async def away(on: Stage, server: str, how: signal.Signals | None, seconds: float) -> None:
    """It is stopped or killed, and is back when this returns. how: as in Outage."""
    say(f"{server} is {'killed' if how else 'stopped'}, for {seconds:.1f} s")
    await on.stack.stop(server, how)
    await asyncio.sleep(seconds)
    await on.stack.start(server)
    say(f"{server} is back")


async def in_turn(
    on: Stage, servers: Iterable[str], random: Random, up: tuple[float, float], down: tuple[float, float]
) -> None:
    """One after the other is stopped or killed, and comes back. up, down: seconds before each and of each, least and most."""
    for server in servers:
        await asyncio.sleep(random.uniform(*up))
        await away(on, server, random.choice((None, signal.SIGKILL)), random.uniform(*down))


async def suffer(
    on: Stage, outage: Outage, conditions: Conditions, load: HttpLoad, agents: Sequence[Child], findings: Findings
) -> dict[str, Any]:
    """Figures of it. The load runs before and after."""
    loop, endpoints = asyncio.get_running_loop(), on.stack.endpoints
    groups, opened = await membership.groups(endpoints), await membership.openings(endpoints)
    await asyncio.sleep(BEFORE)
    before = {each.status for each in load.told if each.ended > loop.time() - BEFORE}
    say(outage.name)
    if outage.emptied:
        down, up, ready = await _lose(on, outage, conditions, findings)
    else:
        down, up, ready = await _go(on, outage, conditions.seconds, agents)
    say(f"{outage.server} is back after {loop.time() - down:.1f} s")
    recovered = await _recovery(load, {200} | before, ready, RECOVERED_WITHIN * conditions.slack, findings, outage)
    if outage.server == "kafka":
        await asyncio.sleep(max(0.0, ready + FORGOTTEN_AFTER - loop.time()))
    complete, missing = await membership.until_complete(
        endpoints, groups, len(agents), _patience(outage) * conditions.slack
    )
    findings.breaks(f"{outage.name}: groups incomplete", missing)
    _show_logs(on, agents, missing)
    reopened = await membership.openings(endpoints) - opened
    if outage.server != "kafka" and not outage.with_worker and not outage.emptied and reopened:
        findings.breaks(f"{outage.name}: rebalances", [f"{reopened} partitions were opened anew"])
    _judge(outage, [each for each in load.told if each.began > down and each.ended < up], conditions, findings)
    return {
        "outage": outage.name,
        "recovered_s": round(recovered, 1),
        "groups_complete_s": round(complete, 1),
        "opened_anew": reopened,
    }


async def _go(on: Stage, outage: Outage, seconds: float, agents: Sequence[Child]) -> tuple[float, float, float]:
    """The server is away for so long. Returns when it had ended (until then it answers), when it was started again and when it
    was ready, by the loop's clock."""
    loop = asyncio.get_running_loop()
    await on.stack.stop(outage.server, outage.how)
    down = loop.time()
    await asyncio.sleep(seconds / 2)
    if outage.with_worker:
        agents[0].send(signal.SIGKILL)
        say(f"SIGKILL to {agents[0].program.name}")
    await asyncio.sleep(seconds / 2)
    up = loop.time()
    await on.stack.start(outage.server)
    return down, up, loop.time()


async def _lose(on: Stage, outage: Outage, conditions: Conditions, findings: Findings) -> tuple[float, float, float]:
    """The server loses everything. Returns when it did, when all of it was there again, and since when the product can answer
    as usual: it builds views by itself, and waits for somebody to make baskets anew, for as long as an outage lasts."""
    loop = asyncio.get_running_loop()
    lost = loop.time()
    if outage.server == "redis":
        await losses.views(on, outage.name, losses.BACK_WITHIN * conditions.slack, findings)
        return lost, loop.time(), lost
    await losses.baskets(on, conditions.seconds)
    return lost, loop.time(), loop.time()


def _show_logs(on: Stage, agents: Sequence[Child], missing: Sequence[str]) -> None:
    """The last that each process said of an incomplete group."""
    for group in {each.partition(":")[0] for each in missing}:
        for child in agents:
            for line in [line for line in on.log_lines(child.program.name) if group in line][-LAST_LINES:]:
                say(f"{child.program.name}: {line[:400]}")


def _patience(outage: Outage) -> float:
    """A killed worker has to start again and to join."""
    return COMPLETE_WITHIN * (3 if outage.with_worker else 1)


async def _recovery(
    load: HttpLoad, usual: Container[int], ready: float, within: float, findings: Findings, outage: Outage
) -> float:
    """Seconds from the server's return to the end of the last request that was answered otherwise than usual. usual: 200, and
    what there was before the outage: a machine that does much else answers 202 without any."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(0.1)
        last = max((each.ended for each in load.told if each.status not in usual), default=ready)
        if loop.time() - max(last, ready) > CALM:
            return max(0.0, last - ready)
        if loop.time() - ready > within + CALM:
            findings.breaks(f"{outage.name}: not recovered within {within:.0f} s", [load.told[-1]])
            return loop.time() - ready


def _judge(outage: Outage, during: Sequence[Told], conditions: Conditions, findings: Findings) -> None:
    """during: requests that saw nothing but the outage."""
    unfitting = [each for each in during if each.status not in outage.fitting[each.write]]
    if sum(each.status == 503 for each in unfitting) <= conditions.refused * len(during):
        unfitting = [each for each in unfitting if each.status != 503]
    findings.breaks(f"{outage.name}: unfitting answers", unfitting)
    findings.breaks(f"{outage.name}: no request saw it", [] if during else ["none"])

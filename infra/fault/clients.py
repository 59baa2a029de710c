"""`fault clients`: one hostile client beside an honest one at the edge's connections.

Each attack in turn, on an edge process of its own: how long the honest client waits before and under the attack, both in one
run, and by how much the edge's memory grows.
"""

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
import uuid
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
from redis.asyncio import Redis

from infra.audit.findings import Findings
from infra.fault.attacks import ATTACKS, BASKET, Attack, Target
from infra.fault.honest import Honest, ask
from infra.process.answers import answers
from infra.stack.stack import Stack
from infra.stack.stage import say
from infra.stack.tokens import token
from topics import keys
from topics.documents.browse import Meal
from topics.documents.order import Basket, BasketItem

DESCRIPTORS = 1_024
START_SECONDS = 60.0
AT_MOST_SLOWER = 2.0
LARGE_BASKETS = 40
PIPELINED_LINES = 70  # 58 KB: just below what is written in one piece
LARGE_LINES, LARGE_NAME = 100, 16_000  # 1.7 MB
MEAL_BYTES = 50_000  # of each meal in the large baskets
ANSWER_BYTES = 8_000_000
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scale:
    """seconds: of each measurement of the honest client. rounds: pairs of them, calm and attacked. noise_ms: a p99 below this
    is no delay that anybody suffers; beside other tests each waits so long for its turn."""

    seconds: float
    rounds: int
    noise_ms: float


FULL, SHORT = Scale(3.0, 7, 2.0), Scale(1.0, 3, 50.0)


async def run(arguments: Sequence[str]) -> Findings:
    said = argparse.ArgumentParser(prog="./lezzet fault clients", description=__doc__)
    names = [attack.name for attack in ATTACKS]
    said.add_argument("--attack", action="append", choices=names, help="only this one; may be given again")
    said.add_argument("--short", action="store_true", help=f"{SHORT.rounds} rounds of {SHORT.seconds:.0f} s")
    chosen = said.parse_args(arguments)
    findings = Findings()
    async with redis_alone() as stack:
        for attack in ATTACKS:
            if attack.name in (chosen.attack or names):
                await attacked(stack, attack, SHORT if chosen.short else FULL, findings)
    return findings


@asynccontextmanager
async def redis_alone() -> AsyncGenerator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="lezzet-clients-"))
    try:
        async with Stack(folder, ("redis",)) as stack:
            yield stack
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def attacked(stack: Stack, attack: Attack, scale: Scale, findings: Findings) -> None:
    honest, target = await _seeded(stack)
    async with _edge(stack) as edge:
        found = await _measured(edge, attack, target, honest, scale)
    say(f"{attack.name} ({attack.says}): {found}")
    findings.measured(**{attack.name: found._asdict()})
    findings.breaks("requests of an honest client failed", [f"{attack.name}: {found.failed}"] * bool(found.failed))
    slower = found.attacked_ms > max(scale.noise_ms, AT_MOST_SLOWER * found.calm_ms)
    findings.breaks("an honest client waits more than twice as long", [f"{attack.name}: {found}"] * slower)
    findings.breaks("the edge grows", [f"{attack.name}: {found}"] * (found.grown_mb > attack.most_mb))


class Figures(NamedTuple):
    """calm_ms, attacked_ms: the honest client's p99, of the round in the middle by their ratio. grown_mb: at the worst."""

    calm_ms: float
    attacked_ms: float
    grown_mb: float
    failed: int

    def __str__(self) -> str:
        return f"p99 {self.calm_ms:.1f} → {self.attacked_ms:.1f} ms, {self.grown_mb:+.0f} MB, {self.failed} failed"


async def _measured(edge: Process, attack: Attack, target: Target, honest: str, scale: Scale) -> Figures:
    async def asks() -> Honest:
        return await ask(target.port, BASKET, honest, scale.seconds)

    await asks()  # what a process does only once
    rounds, before = list[tuple[Honest, Honest]](), _megabytes(edge)
    async with _watched(edge) as worst:
        for _ in range(scale.rounds):
            calm = await asks()
            async with attack.run(target):
                rounds.append((calm, await asks()))
    calm, under = sorted(rounds, key=lambda each: each[1].p99_ms / each[0].p99_ms)[len(rounds) // 2]
    failed = sum(calm.failed + under.failed for calm, under in rounds)
    return Figures(round(calm.p99_ms, 2), round(under.p99_ms, 2), round(max(worst) - before, 1), failed)


@asynccontextmanager
async def _watched(edge: Process) -> AsyncGenerator[list[float]]:
    """Megabytes that it has, again and again."""
    seen = [_megabytes(edge)]

    async def watch() -> None:
        while True:
            seen.append(_megabytes(edge))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()


def _megabytes(edge: Process) -> float:
    return psutil.Process(edge.pid).memory_info().rss / 2**20


@asynccontextmanager
async def _edge(stack: Stack) -> AsyncGenerator[Process]:
    """As few descriptors as a process usually has."""
    port = stack.site.ports["edge"]
    process = await asyncio.create_subprocess_exec(
        "prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", sys.executable, "-m", "http_edge",
        env=stack.environment(), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(START_SECONDS):
            await _until_it_lives(port)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _until_it_lives(port: int) -> None:
    lives = False
    while not lives:
        await asyncio.sleep(0.05)
        with contextlib.suppress(OSError):
            lives = await answers(f"http://127.0.0.1:{port}/health/live")


async def _seeded(stack: Stack) -> tuple[str, Target]:
    """(token of the honest client, target). Each user has a basket, the honest one of one line."""
    honest, hostile, *others = [str(uuid.uuid4()) for _ in range(LARGE_BASKETS + 2)]
    meals = {keys.document("meal", f"meal-{number}"): _meal(f"meal-{number}") for number in range(LARGE_LINES)}
    redis = Redis.from_url(stack.endpoints.redis)
    try:
        await redis.flushdb()
        views = ("basket", "meal", "user")
        await redis.mset(dict.fromkeys((keys.DENY_READY, *map(keys.view_ready, views)), "1"))
        await redis.mset(meals)
        await redis.set(keys.document("basket", honest), _basket(honest, "small", 1, 10))
        await redis.set(keys.document("basket", hostile), _basket(hostile, "small", PIPELINED_LINES, 500))
        await redis.set(keys.document("user", hostile), b'1\n{"id":"%b"}' % (b"x" * ANSWER_BYTES))
        for user in others:
            await redis.set(keys.document("basket", user), _basket(user, "meal", LARGE_LINES, LARGE_NAME))
    finally:
        await redis.aclose()
    signed = {user: token(stack.site.data.keys, user) for user in (honest, hostile, *others)}
    port = stack.site.ports["edge"]
    return signed[honest], Target(port, signed[hostile], [signed[user] for user in others])


def _basket(user: str, meal: str, lines: int, name: int) -> bytes:
    items = tuple(
        BasketItem(
            id=f"line-{number}", user_id=user, restaurant_id="r", meal_id=f"{meal}-{number}", quantity=1, note="",
            schedule_date=None, created_at=NOW, name="n" * name, price=9_000, image_url="", is_available=True,
        )
        for number in range(lines)
    )  # fmt: skip
    return b"1\n" + msgspec.json.encode(Basket(items=items))


def _meal(id: str) -> bytes:
    meal = Meal(
        id=id, restaurant_id="r", name="Lahmacun", description="d" * MEAL_BYTES, is_available=True, price=9_550,
        image_url="i" * 500, cuisine="turkish", complementary_ids=(), options=(), created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return b"1\n" + msgspec.json.encode(meal)

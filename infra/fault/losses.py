"""A Redis that stays up and loses everything it holds: views come back by themselves, baskets by the command."""

import asyncio
import sys
from typing import Any

import aiohttp
from redis.asyncio import Redis

from infra.audit.findings import Findings
from infra.layout.folders import CHECKOUT
from infra.process.shell import run
from infra.stack.stage import Stage

BACK_WITHIN = 30.0
TRIES = 10
PATHS = ("/restaurants", "/restaurants/search?sort_by=min_order", "/campaigns", "/discounts")
"""What the load does not change: it is the same once all views are there again."""


async def views(on: Stage, name: str, within: float, findings: Findings) -> None:
    """Returns when the edge says that all views are there. within: seconds that it may take."""
    endpoints, loop = on.stack.endpoints, asyncio.get_running_loop()
    async with aiohttp.ClientSession(endpoints.edge) as session:
        before = [await _shown(session, path) for path in PATHS]
        await _empty(endpoints.redis)
        lost = loop.time()
        while missing := await _missing(session):
            if loop.time() - lost > within:
                findings.breaks(f"{name}: views not back within {within:.0f} s", missing)
                return
            await asyncio.sleep(0.1)
        after = [await _shown(session, path) for path in PATHS]
    findings.measured(views_back_s=round(loop.time() - lost, 1))
    pairs = zip(PATHS, before, after, strict=True)
    findings.breaks(f"{name}: shown otherwise than before", [path for path, was, now in pairs if was != now])


async def baskets(on: Stage, seconds: float) -> None:
    """So long nobody does anything about it. Returns when they are made anew."""
    await _empty(on.stack.endpoints.redis_baskets)
    await asyncio.sleep(seconds)
    argv = (sys.executable, "-m", "agents.rebuild", "basket", "rebuild")
    await run(argv, what="baskets rebuild", folder=CHECKOUT, environment=on.stack.environment())


async def _empty(url: str) -> None:
    async with Redis.from_url(url) as redis:
        await redis.flushall()


async def _missing(session: aiohttp.ClientSession) -> list[str]:
    """Views that the edge cannot read."""
    async with session.get("/health/ready") as answer:
        said: dict[str, Any] = await answer.json(content_type=None)
    return [name for name, there in said["views"].items() if not there]


async def _shown(session: aiohttp.ClientSession, path: str) -> Any:
    """Asked for until the answer is no invitation to ask again, TRIES times at most."""
    tries = 0
    while True:
        tries += 1
        async with session.get(path) as answer:
            said = answer.status, await answer.json(content_type=None)
            if answer.status != 503 or tries == TRIES:
                return said
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))

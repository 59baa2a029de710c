"""Requests at a fixed rate, whether or not the earlier ones were answered: a slow server does not slow its visitors."""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp


@dataclass(slots=True)
class Posted:
    """correlation: names the request on topics. asked, answered: seconds since the epoch."""

    correlation: str
    asked: float
    answered: float
    status: int

    @property
    def milliseconds(self) -> float:
        return (self.answered - self.asked) * 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """url: where this visitor's items are added. token: empty for a server that asks for none."""

    url: str
    token: str = ""


def body(meal: str, number: int, note: str = "no onions") -> str:
    """Of the request with this number: nine quantities in turn."""
    return json.dumps({"meal_id": meal, "quantity": 1 + number % 9, "note": note})


_turn = itertools.count(1)


async def post(visitors: Sequence[Visitor], meals: Sequence[str], rate: float, seconds: float) -> list[Posted]:
    """Each visitor in turn sets the line of one of the meals."""
    turn, loop = next(_turn), asyncio.get_running_loop()
    begun = loop.time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        asked: list[asyncio.Task[Posted]] = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(begun + number / rate - loop.time())
            visitor, meal = visitors[number % len(visitors)], meals[number // len(visitors) % len(meals)]
            asked.append(
                asyncio.create_task(_one(session, visitor, f"bench-{turn:03}-{number:06}", body(meal, number)))
            )
        return await asyncio.gather(*asked)


async def _one(session: aiohttp.ClientSession, visitor: Visitor, correlation: str, body: str) -> Posted:
    named = {"Content-Type": "application/json", "X-Correlation-Id": correlation}
    if visitor.token:
        named["Authorization"] = f"Bearer {visitor.token}"
    asked = time.time()
    async with session.post(visitor.url, data=body, headers=named) as answer:
        await answer.read()
        return Posted(correlation, asked, time.time(), answer.status)

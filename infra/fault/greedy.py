"""What a greedy client does, for `fault greed`. Each attack goes on until it is cancelled."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiohttp

from infra.fault.people.accounts import Account

PARALLEL_LOGINS = 100
AGAIN_SECONDS = 0.5
LOGINS_PER_S = 120
PARALLEL_WRITES = 10
WRITE_AGAIN_SECONDS = 0.05
PATIENCE = aiohttp.ClientTimeout(total=20)


@dataclass(slots=True)
class Target:
    """answers: how often each status came; 0: none did."""

    session: aiohttp.ClientSession
    account: Account
    redis: str
    answers: Counter[int] = field(default_factory=Counter[int])

    async def ask(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """The answer's JSON, {} where none came."""
        try:
            async with self.session.request(method, path, json=body, headers=headers, timeout=PATIENCE) as response:
                self.answers[response.status] += 1
                return await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError):
            self.answers[0] += 1
            return {}


class Attack(NamedTuple):
    """most_mb: by which Redis may grow. told: the status that says that it is too much; 0 where none has to come."""

    name: str
    says: str
    run: Callable[[Target], Coroutine[Any, Any, None]]
    most_mb: float
    told: int = 0


async def logins(on: Target) -> None:
    """For addresses that nobody has, each again a moment after it is answered."""
    await asyncio.gather(*(_login_again_and_again(on) for _ in range(PARALLEL_LOGINS)))


async def _login_again_and_again(on: Target) -> None:
    while True:
        await _login(on)
        await asyncio.sleep(AGAIN_SECONDS)


async def _login(on: Target) -> None:
    await on.ask("POST", "/auth/login", {"email": f"{uuid.uuid4().hex}@example.com", "password": "guessed 1"})


async def pace(on: Target) -> None:
    """At a pace, answered or not."""
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(_login(on))
            await asyncio.sleep(1 / LOGINS_PER_S)


async def _opened(on: Target, name: str) -> str:
    """Its id. Asked for again while the answer is that it is being done: with one key it is one restaurant."""
    headers = on.account.headers | {"Idempotency-Key": uuid.uuid4().hex}
    while True:
        async with on.session.post("/restaurants", json={"name": name}, headers=headers) as response:
            if response.status == 201:
                return (await response.json())["id"]
            if response.status not in (202, 503):
                raise RuntimeError(f"POST /restaurants: {response.status} {await response.text()}")
        await asyncio.sleep(AGAIN_SECONDS)


async def meals(on: Target) -> None:
    """The largest that a menu takes, from several connections."""
    restaurant = await _opened(on, "Doyumsuz")
    meal: dict[str, Any] = {"restaurant_id": restaurant, "name": "Pide", "price": 100, "description": "d" * 2000}
    meal["options"] = [{"name": f"seçenek {n}", "choices": [f"{m}".ljust(80, "x") for m in range(9)]} for n in range(2)]
    await asyncio.gather(*(_post_again_and_again(on, "/meals/", meal) for _ in range(PARALLEL_WRITES)))


async def large(on: Target) -> None:
    """Meals of 255 KB."""
    restaurant = await _opened(on, "Devasa")
    options = [{"name": f"seçenek {n}", "choices": [f"{m}".ljust(100, "x") for m in range(48)]} for n in range(50)]
    meal = {"restaurant_id": restaurant, "name": "Pide", "price": 100, "options": options}
    await asyncio.gather(*(_post_again_and_again(on, "/meals/", meal) for _ in range(PARALLEL_WRITES)))


async def restaurants(on: Target) -> None:
    """One after the other, each with a long description."""
    body = {"name": "Doyumsuz", "description": "d" * 2000}
    await asyncio.gather(*(_post_again_and_again(on, "/restaurants", body) for _ in range(PARALLEL_WRITES)))


async def _post_again_and_again(on: Target, path: str, body: Any) -> None:
    while True:
        await on.ask("POST", path, body, on.account.headers)
        await asyncio.sleep(WRITE_AGAIN_SECONDS)


ATTACKS = (
    Attack("logins", f"{PARALLEL_LOGINS} at once for unknown addresses", logins, 5, 429),
    Attack("pace", f"{LOGINS_PER_S} a second for unknown addresses", pace, 5, 429),
    Attack("large", "one owner adds meals of 255 KB", large, 5, 413),
    Attack("meals", "one owner fills a menu with the largest meals that it takes", meals, 45),
    Attack("restaurants", "one owner opens restaurants", restaurants, 20, 409),
)

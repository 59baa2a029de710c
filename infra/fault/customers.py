"""Guests who order at the edge, whatever it answers: by card or at the door, with the last uses of a coupon, some twice at
once, and some of them think again."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from infra.fault.accounts import HOME, bearer
from infra.fault.city import COUPON, City
from infra.stack.tokens import LIFETIME, token

AT_ONCE = 16  # guests who wait for an answer
WITH_COUPON, TWICE_AT_ONCE, CANCELLED, DELIVERED = 0.2, 0.1, 0.06, 0.5  # shares of the orders
METHODS = {"credit_card": 0.8, "cash": 0.1, "pos": 0.1}
CARDS = {
    "tok_success": 0.6, "tok_decline": 0.06, "tok_insufficient_funds": 0.04, "tok_late": 0.08, "tok_late_decline": 0.02,
    "tok_twice": 0.06, "tok_out_of_order": 0.04, "tok_timeout": 0.03, "tok_bank_busy": 0.04, "tok_3ds": 0.03,
}  # fmt: skip
"""Test cards of the sandbox provider (docs/payment.md). Nobody answers the bank about `tok_3ds`, so it is not paid in time."""
PATIENCE = 20.0  # seconds for one answer; then it is asked again
PAUSE = 0.5  # seconds until then, where no Retry-After says more


@dataclass(slots=True)
class Ordered:
    """One order that a guest wanted. ids: that its answers named, with one key all the same one. refused: by code."""

    key: str
    guest: str
    ids: set[str] = field(default_factory=set[str])
    codes: set[str] = field(default_factory=set[str])
    took: float = 0.0


class Tokens:
    """Of users, new before they expire."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._of: dict[str, tuple[float, str]] = {}

    def headers(self, user: str) -> Mapping[str, str]:
        until, found = self._of.get(user, (0.0, ""))
        if until < time.monotonic():
            found = token(self._keys, user)
            self._of[user] = time.monotonic() + LIFETIME / 2, found
        return bearer(found)


class Edge:
    """Asks until there is an answer that stays."""

    def __init__(self, session: aiohttp.ClientSession, tokens: Tokens) -> None:
        self._session = session
        self._tokens = tokens
        self.again = Counter[str]()  # why something was asked again

    async def ask(self, user: str, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """(status, JSON). key: the Idempotency-Key, needed where the same request once more is another wish."""
        while True:
            headers = {**self._tokens.headers(user), **({"Idempotency-Key": key} if key else {})}
            pause = PAUSE
            try:
                async with asyncio.timeout(PATIENCE):
                    async with self._session.request(method, path, json=body, headers=headers) as answer:
                        said = await answer.json(content_type=None)
                        if answer.status < 500 and answer.status != 429:
                            return answer.status, said
                        self.again[str(answer.status)] += 1
                        pause = float(answer.headers.get("Retry-After", PAUSE))
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                self.again[type(error).__name__] += 1
            await asyncio.sleep(pause)


class Customers:
    """ordered: what became of each wish, by its number."""

    def __init__(self, edge: Edge, city: City, random: Random) -> None:
        self._edge = edge
        self._city = city
        self._random = random
        self._later: set[asyncio.Task[None]] = set()
        self.ordered: list[Ordered] = []
        self.cancelled = Counter[str]()  # answers to cancellations

    async def move_in(self) -> None:
        """Each guest has an address. Raises RuntimeError."""
        for guest in self._city.guests:
            status, said = await self._edge.ask(guest, "POST", "/addresses/", HOME, key=f"home of {guest}")
            if status >= 400:
                raise RuntimeError(f"POST /addresses/: {status} {said}")

    async def order(self, orders: int, seconds: float) -> None:
        """So many, spread evenly over the seconds. Returns when each has its answer."""
        turns, begun = asyncio.Semaphore(AT_ONCE), time.monotonic()
        async with asyncio.TaskGroup() as group:
            for n in range(orders):
                await asyncio.sleep(max(0.0, begun + seconds * n / orders - time.monotonic()))
                await turns.acquire()
                group.create_task(self._one(turns))
        await asyncio.gather(*self._later)

    async def _one(self, turns: asyncio.Semaphore) -> None:
        random, guest = self._random, self._random.choice(self._city.guests)
        mine, wish, cancels = Ordered(uuid.uuid4().hex, guest), self._wish(), random.random() < CANCELLED
        self.ordered.append(mine)
        begun = time.monotonic()
        try:
            times = 2 if random.random() < TWICE_AT_ONCE else 1
            await asyncio.gather(*(self._ask(mine, wish) for _ in range(times)))
        finally:
            turns.release()
        mine.took = time.monotonic() - begun
        if cancels and mine.ids:
            later = asyncio.create_task(self._cancel(guest, min(mine.ids), random.uniform(0, 5)))
            self._later.add(later)

    async def _ask(self, mine: Ordered, wish: Mapping[str, Any]) -> None:
        status, said = await self._edge.ask(mine.guest, "POST", "/carts/checkout", wish, key=mine.key)
        if status < 300:
            mine.ids.add(said["id"])
        else:
            mine.codes.add(f"{status} {said.get('code')}")

    async def _cancel(self, guest: str, order: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        status, _ = await self._edge.ask(guest, "POST", f"/orders/{order}/cancel", {"reason": "fikrimi değiştirdim"})
        self.cancelled[str(status)] += 1

    def _wish(self) -> Mapping[str, Any]:
        random = self._random
        restaurant = random.choice(self._city.restaurants)
        meals = random.sample(self._city.meals[restaurant], random.randint(1, 3))
        method = random.choices([*METHODS], [*METHODS.values()])[0]
        wish: dict[str, Any] = {
            "payment_method": method,
            "items": [{"meal_id": meal, "quantity": random.randint(1, 3)} for meal in meals],
            "pickup": random.random() > DELIVERED,
        }
        if method == "credit_card":
            wish["card"] = random.choices([*CARDS], [*CARDS.values()])[0]
        if random.random() < WITH_COUPON:
            wish["coupon_code"] = COUPON
        return wish

"""Guests who order at the edge, whatever it answers: by card or at the door, with the last uses of a coupon, for now or for
later, some twice at once, and some of them think again."""

import asyncio
import time
import uuid
from array import array
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from infra.audit.findings import Findings
from infra.fault.people.accounts import HOME, bearer
from infra.fault.people.city import COUPON, City
from infra.stack.stage import say
from infra.stack.tokens import LIFETIME, token

AT_ONCE = 16  # guests who wait for an answer
PATIENCE = 20.0  # seconds for one answer; then it is asked again
PAUSE = 0.5  # seconds until then, where no Retry-After says more
TRIES = 40  # of what is not possible yet
TOLD_EACH = 1_000  # orders
AHEAD = (31.0, 45.0)  # minutes until an order for later is wanted: it comes to the kitchen 30 minutes before


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What guests do, as shares of the orders. cards: test cards of the sandbox provider (docs/payment.md). Nobody answers the
    bank about `tok_3ds`, so it is not paid in time."""

    coupon: float = 0.2
    twice_at_once: float = 0.1
    cancelled: float = 0.06
    delivered: float = 0.5
    later: float = 0.06
    methods: Mapping[str, float] = field(default_factory=lambda: {"credit_card": 0.8, "cash": 0.1, "pos": 0.1})
    cards: Mapping[str, float] = field(default_factory=lambda: {
        "tok_success": 0.56, "tok_decline": 0.06, "tok_insufficient_funds": 0.04, "tok_late": 0.08, "tok_late_decline": 0.02,
        "tok_twice": 0.06, "tok_out_of_order": 0.04, "tok_timeout": 0.03, "tok_bank_busy": 0.04, "tok_3ds": 0.03,
        "tok_capture_refused": 0.02, "tok_refund_refused": 0.02,
    })  # fmt: skip


ANYHOW = Manners()
PLAIN = Manners(
    coupon=0, twice_at_once=0, cancelled=0, delivered=0, later=0, methods={"credit_card": 1}, cards={"tok_success": 1}
)
"""Of guests who pay, wait, and come for what they have ordered."""


@dataclass(slots=True)
class Answers:
    """To one wish. ids: that they named, with one key all the same one. codes: of refusals."""

    key: str
    ids: set[str] = field(default_factory=set[str])
    codes: set[str] = field(default_factory=set[str])


class Tally:
    """Of the answers to all wishes: figures, and what is wrong. What 100,000 wishes leave here are some megabytes."""

    def __init__(self) -> None:
        self.wanted = 0
        self.refused = Counter[str]()
        self.took = array("f")  # seconds
        self.wrong = Findings()
        self._orders: set[int] = set()  # hashes of ids

    @property
    def taken(self) -> int:
        return len(self._orders)

    def add(self, answers: Answers, took: float) -> None:
        """One key, one order: also where it was asked twice at once, and again after a kill."""
        self.wanted += 1
        self.took.append(took)
        self.refused.update(answers.codes)
        if len(answers.ids) > 1:
            self.wrong.breaks("one key, several orders", [f"{answers.key}: {answers.ids}"])
        if answers.ids and answers.codes:
            self.wrong.breaks("one key, an order and a refusal", [f"{answers.key}: {answers.ids} {answers.codes}"])
        for id in map(hash, answers.ids):
            if id in self._orders:
                self.wrong.breaks("two keys, one order", [f"{answers.key}: {answers.ids}"])
            self._orders.add(id)

    def figures(self) -> dict[str, object]:
        times = sorted(self.took)
        return {
            "wanted": self.wanted,
            "orders_taken": self.taken,
            "refused": dict(self.refused),
            "checkout_p50_s": round(times[len(times) // 2], 2),
            "checkout_p99_s": round(times[len(times) * 99 // 100], 2),
        }


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

    async def ask_until_done(self, user: str, path: str, body: Any) -> int:
        """POSTs again while the answer is that it is being done, TRIES times at most. Returns the last status."""
        for _ in range(TRIES):
            status, _ = await self.ask(user, "POST", path, body)
            if status != 202:
                return status
            await asyncio.sleep(PAUSE)
        return 202

    async def ask_until_known(
        self, user: str, path: str, body: Any, not_yet: Container[str], key: str = ""
    ) -> tuple[int, Any]:
        """POSTs again while the answer's code is one of `not_yet`, since what it needs is on its way; TRIES times at most.
        Returns the last answer. key: each try has one of its own, that begins so."""
        tries = 0
        while True:
            status, said = await self.ask(user, "POST", path, body, key and f"{key} {tries}")
            tries += 1
            if status < 300 or said.get("code") not in not_yet or tries == TRIES:
                return status, said
            await asyncio.sleep(PAUSE)


class Customers:
    """tally: what became of the wishes. cancelled: answers to cancellations."""

    def __init__(self, edge: Edge, city: City, random: Random, manners: Manners) -> None:
        self._edge = edge
        self._city = city
        self._random = random
        self._manners = manners
        self._later: set[asyncio.Task[None]] = set()
        self.tally = Tally()
        self.cancelled = Counter[str]()

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
                if n and n % TOLD_EACH == 0:
                    say(f"{n} of {orders} orders are asked for")
        await asyncio.gather(*self._later)

    async def _one(self, turns: asyncio.Semaphore) -> None:
        random, guest, manners = self._random, self._random.choice(self._city.guests), self._manners
        mine, wish, cancels = Answers(uuid.uuid4().hex), self._wish(), random.random() < manners.cancelled
        begun = time.monotonic()
        try:
            times = 2 if random.random() < manners.twice_at_once else 1
            await asyncio.gather(*(self._ask(guest, mine, wish) for _ in range(times)))
        finally:
            turns.release()
        self.tally.add(mine, time.monotonic() - begun)
        if cancels and mine.ids:
            later = asyncio.create_task(self._cancel(guest, min(mine.ids), random.uniform(0, 5)))
            self._later.add(later)
            later.add_done_callback(self._later.discard)

    async def _ask(self, guest: str, mine: Answers, wish: Mapping[str, Any]) -> None:
        status, said = await self._edge.ask(guest, "POST", "/carts/checkout", wish, key=mine.key)
        while status < 300 and "id" not in said:  # it is being done, and nobody could say yet what it is
            await asyncio.sleep(PAUSE)
            status, said = await self._edge.ask(guest, "POST", "/carts/checkout", wish, key=mine.key)
        if status < 300:
            mine.ids.add(said["id"])
        else:
            mine.codes.add(f"{status} {said.get('code')}")

    async def _cancel(self, guest: str, order: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        status, _ = await self._edge.ask(guest, "POST", f"/orders/{order}/cancel", {"reason": "fikrimi değiştirdim"})
        self.cancelled[str(status)] += 1

    def _wish(self) -> Mapping[str, Any]:
        random, manners = self._random, self._manners
        restaurant = random.choice(self._city.restaurants)
        meals = random.sample(self._city.meals[restaurant], random.randint(1, 3))
        method = random.choices([*manners.methods], [*manners.methods.values()])[0]
        wish: dict[str, Any] = {
            "payment_method": method,
            "items": [{"meal_id": meal, "quantity": random.randint(1, 3)} for meal in meals],
            "pickup": random.random() >= manners.delivered,
        }
        if method == "credit_card":
            wish["card"] = random.choices([*manners.cards], [*manners.cards.values()])[0]
        if random.random() < manners.coupon:
            wish["coupon_code"] = COUPON
        if random.random() < manners.later:
            wanted = datetime.now(UTC) + timedelta(minutes=random.uniform(*AHEAD))
            wish["schedule_date"] = wanted.isoformat(timespec="seconds")
        return wish

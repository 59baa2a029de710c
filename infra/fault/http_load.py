"""Users at the edge at an even pace, whatever it answers: lines set in baskets, addresses changed, orders with a coupon
placed, and all of them read."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

import aiohttp

from infra.fault.people.accounts import HOME, Account
from infra.fault.plans.plan import COUPONS

WRITES_PER_READ = 5
PACE = 50.0  # writes a second
SHARES = {"basket": 0.7, "address": 0.2, "order": 0.1}
"""Of the requests, by the domain that they are about."""
COUPON = COUPONS[0][0]
PATIENCE = 15.0  # seconds after which a request counts as not answered

Wanted = tuple[str, str, Any]
"""Method, path, body."""
Answered = tuple[int, Any, Any]
"""Status, headers, body."""

_READS: dict[str, Wanted] = {
    "basket": ("GET", "/carts/get", None),
    "address": ("GET", "/addresses/", None),
    "order": ("GET", "/orders", None),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a client was told. status 0: nothing. times: the loop's clock. operation: of a 202. domain: whose command it was."""

    correlation: str
    write: bool
    began: float
    ended: float
    status: int
    problem: bool = False
    retry_after: bool = False
    operation: str = ""
    domain: str = "basket"

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class HttpLoad:
    """`start`, then `stop`; told grows meanwhile. accounts: who asks; they may be replaced meanwhile. pace: writes a second.
    patience: seconds after which a request counts as not answered."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        accounts: Sequence[Account],
        meals: Sequence[str],
        pace: float = PACE,
        patience: float = PATIENCE,
    ) -> None:
        self._session = session
        self._writes_a_second = pace
        self._patience = patience
        self.accounts = accounts
        self._meals = meals
        self._random = Random(1)  # noqa: S311
        self._run = uuid.uuid4().hex[:8]
        self._number = count()
        self._open: set[asyncio.Task[None]] = set()
        self._asking: asyncio.Task[None] | None = None
        self.told: list[Told] = []

    def start(self) -> None:
        self._asking = asyncio.create_task(self._keep_asking())

    async def stop(self) -> None:
        """Returns when every request has its answer."""
        if self._asking is not None:
            self._asking.cancel()
        await asyncio.gather(*self._open)

    async def _keep_asking(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for n in count():
            await asyncio.sleep(max(0.0, begun + n / self._writes_a_second - loop.time()))
            self._ask(write=True)
            if n % WRITES_PER_READ == 0:
                self._ask(write=False)

    def _ask(self, *, write: bool) -> None:
        task = asyncio.create_task(self._one(write=write))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _one(self, *, write: bool) -> None:
        account, correlation = self._random.choice(self.accounts), f"fault-{self._run}-{next(self._number):06d}"
        domain = self._random.choices([*SHARES], [*SHARES.values()])[0]
        asked = self._write(domain, account, correlation) if write else _READS[domain]
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._patience):
                status, headers, body = await self._request(account, correlation, *asked)
        except (aiohttp.ClientError, OSError, TimeoutError):
            self.told.append(Told(correlation, write, began, loop.time(), 0, domain=domain))
            return
        problem = headers.get("Content-Type", "").startswith("application/problem+json")
        retry = "Retry-After" in headers
        operation = str(body.get("operation_id", "")) if status == 202 else ""
        self.told.append(Told(correlation, write, began, loop.time(), status, problem, retry, operation, domain))

    def _write(self, domain: str, account: Account, correlation: str) -> Wanted:
        """The correlation in it makes each one a change, so that each has an event."""
        if domain == "address":
            return "PUT", f"/addresses/{account.address_id}", HOME | {"title": correlation}
        item = {"meal_id": self._random.choice(self._meals), "quantity": 1, "note": correlation}
        if domain == "order":
            order = {"payment_method": "cash", "items": [item], "pickup": True, "coupon_code": COUPON}
            return "POST", "/carts/checkout", order
        return "POST", "/carts/add", item

    async def _request(self, account: Account, correlation: str, method: str, path: str, body: Any) -> Answered:
        headers = {**account.headers, "X-Correlation-Id": correlation}
        async with self._session.request(method, path, json=body, headers=headers) as response:
            return response.status, response.headers, await response.json(content_type=None)

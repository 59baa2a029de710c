"""The owner of the restaurants: reads order_events with a plain Kafka client, and does at the edge what people do in a
restaurant. They hand orders over, or ask a courier, or forget it, and the order's own timer has to; they cancel some, and give
money back for some."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Mapping
from random import Random
from typing import Any

import msgspec

from infra.fault.following import AWAY, Following
from infra.fault.people.city import City
from infra.fault.people.couriers import Couriers
from infra.fault.people.customers import Edge
from infra.fault.people.errands import Errands
from topics.contracts import order_events
from topics.messages import headers

FORGOTTEN, BY_COURIER = 0.15, 0.6  # shares of the orders that are ready; the second of those that are to be brought
CANCELLED, PAID_BACK = 0.04, 0.05  # shares of the orders that are accepted, and of those that came to their customers
SOON = (0.0, 6.0)  # seconds until a cancellation, least and most
PAUSE = 0.5  # seconds until Kafka is asked again
BACK = 12.5  # lira of a part that is paid back: less than the least order costs
NOT_BOOKED = frozenset({"nothing_to_refund"})
"""What was paid is not booked yet."""


class _Ready(msgspec.Struct):
    delivery: bool


_ready = msgspec.json.Decoder(_Ready)


class Owners:
    """`run` until it is cancelled. answers: of the edge, `act status`."""

    def __init__(self, brokers: str, edge: Edge, city: City, couriers: Couriers, random: Random) -> None:
        self._following = Following(brokers, [order_events.TOPIC.name])
        self._edge = edge
        self._owner = city.owner
        self._couriers = couriers
        self._random = random
        self._errands = Errands()
        self._seen: set[int] = set()  # hashes of events' ids: they may come twice
        self.answers = Counter[str]()

    async def run(self) -> None:
        while True:
            try:
                async with contextlib.aclosing(self._following.records()) as records:
                    async for record in records:
                        self._see(record, dict(record.headers))
            except AWAY:
                await asyncio.sleep(PAUSE)

    async def rest(self) -> None:
        """Returns when everything that was begun is done."""
        await self._errands.rest()

    def _see(self, record: Any, named: Mapping[str, bytes]) -> None:
        seen = hash(named.get(headers.ID, b""))
        if seen in self._seen:
            return
        self._seen.add(seen)
        does = self._next(named.get(headers.TYPE, b""), (record.key or b"").decode(), record.value)
        if does is not None:
            self._errands.begin(does)

    def _next(self, type: bytes, order: str, body: bytes) -> Any:
        draw = self._random.random()
        match type:
            case b"OrderAccepted" if draw < CANCELLED:
                return self._cancel(order)
            case b"OrderReady" if draw >= FORGOTTEN:
                brought = _ready.decode(body).delivery and self._random.random() < BY_COURIER
                return self._couriers.bring(order) if brought else self._hand_over(order)
            case b"OrderDelivered" | b"OrderPickedUp" if draw < PAID_BACK:
                return self._pay_back(order)
            case _:
                return None

    async def _hand_over(self, order: str) -> None:
        await self._said("deliver", self._edge.ask(self._owner, "POST", f"/orders/{order}/deliver", {}))

    async def _cancel(self, order: str) -> None:
        await asyncio.sleep(self._random.uniform(*SOON))
        wish = {"reason": "Ocak bozuldu"}
        await self._said("cancel", self._edge.ask(self._owner, "POST", f"/orders/{order}/cancel", wish))

    async def _pay_back(self, order: str) -> None:
        """Each try under one key, so that a repeat of its request pays nothing more."""
        path, wish = f"/payments/{order}/refund", {"amount": BACK, "reason": "Ayran gelmedi"}
        await self._said("refund", self._edge.ask_until_known(self._owner, path, wish, NOT_BOOKED, f"back {order}"))

    async def _said(self, act: str, answer: Awaitable[tuple[int, Any]]) -> None:
        status, _ = await answer
        self.answers[f"{act} {status}"] += 1

"""A restaurant's orders in the views, as the projection of order writes them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from agents.order import board
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from tests.http_edge.conftest import World
from tests.http_edge.documents import placed_order, stored
from topics import keys
from topics.documents.order import Order

NOW = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)


class Board:
    """Of a restaurant with an owner. version: of each order by its id."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.id, self.owner = str(uuid.uuid4()), str(uuid.uuid4())
        self.orders: dict[str, tuple[int, Order]] = {}
        self._store, self._floor = ProjectionStore(world.redis), f"floor:{self.id}"
        self._writes = 0

    async def open(self) -> None:
        await self.world.redis.set(keys.document("restaurant_owner", self.id), stored(1, {"owner_id": self.owner}))
        await self.world.redis.set(self._floor, 0)

    @property
    def path(self) -> str:
        return f"/restaurants/{self.id}/orders"

    def client(self) -> Any:
        return self.world.client(self.owner)

    def made(self, minutes: int = 0, **more: Any) -> Order:
        """A new one that has come to the kitchen, so many minutes later than NOW."""
        at = NOW + timedelta(minutes=minutes)
        said: dict[str, Any] = {
            "sent_at": at,
            "payment_status": "authorized",
            "created_at": at,
            "updated_at": at,
            **more,
        }
        return replace(placed_order(str(uuid.uuid4()), str(uuid.uuid4())), restaurant_id=self.id, **said)

    async def put(self, order: Order, *, told: bool = True) -> Order:
        """told: who follows hears of it."""
        version, before = self.orders.get(order.id, (0, None))
        self.orders[order.id] = version + 1, order
        changes = ViewChanges("order")
        changes.document(order.id, version + 1, msgspec.json.encode(order))
        was, now = board.indexes(before) if before else {}, board.indexes(order)
        for name in was.keys() - now.keys():
            changes.leave(name, order.id)
        for name, score in now.items():
            changes.enter(name, order.id, score)
        for name in board.latest(order):
            changes.changed_last(name, order.id)
        if told:
            changes.tell([order.id], board.latest(order))
        self._writes += 1
        assert await self._store.apply([Move(self._floor, self._writes - 1, self._writes, 0, changes)])
        return order

    async def becomes(self, order: Order, status: str, **more: Any) -> Order:
        told = more.pop("told", True)
        return await self.put(replace(order, status=status, **more), told=told)

    async def listed(self, query: str = "") -> list[str]:
        said = await self.client().call("GET", f"{self.path}{query}")
        assert said.status == 200, said.raw
        return [each["id"] for each in said.json]

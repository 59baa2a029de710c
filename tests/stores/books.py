"""Restaurants and meals as documents, and an index of them written as the projections write it."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from redis.asyncio import Redis

from agents.catalog.projection import MEAL
from agents.restaurant.projection import RESTAURANT
from stores.redis.projection import Move, ProjectionStore, ViewChanges
from stores.redis.search import Search
from stores.redis.tags import Tags
from topics import keys
from topics.documents.browse import Meal, Restaurant
from topics.values.fields import Address

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
FLOORS = {view.name: keys.floor(view.name, "", "search.project", "events", 0) for view in (RESTAURANT, MEAL)}


class Books:
    """In an empty Redis database."""

    def __init__(self, redis: Redis) -> None:
        self.redis, self.search, self.floor = redis, Search(redis, Tags()), 0
        self._store = ProjectionStore(redis)

    async def empty(self) -> None:
        await self.redis.flushdb()
        self.restaurants: dict[str, Restaurant] = {}
        self.meals: dict[str, Meal] = {}
        self.floor = 0
        await self.redis.mset(dict.fromkeys(FLOORS.values(), 0))

    async def write(self, *documents: Restaurant | Meal) -> None:
        changes = _changes()
        for document in documents:
            view: Any = RESTAURANT if isinstance(document, Restaurant) else MEAL
            shelf: dict[str, Any] = self.restaurants if isinstance(document, Restaurant) else self.meals
            self._move(changes[view.name], view, shelf.get(document.id), document)
            shelf[document.id] = document
        await self._apply(changes)

    async def remove(self, meal_id: str) -> None:
        changes = _changes()
        self._move(changes[MEAL.name], MEAL, self.meals.pop(meal_id), None)
        await self._apply(changes)

    def _move(self, changes: ViewChanges, view: Any, before: Any, after: Any) -> None:
        was = {} if before is None else view.indexes(before)
        now = {} if after is None else view.indexes(after)
        for index in was.keys() - now.keys():
            changes.leave(index, (before or after).id)
        for index, score in now.items():
            changes.enter(index, after.id, score)
        body = b"" if after is None else msgspec.json.encode(after)
        changes.document((before or after).id, self.floor + 1, body)
        changes.characterize(before and view.traits(before), after and view.traits(after))

    async def _apply(self, changes: dict[str, ViewChanges]) -> None:
        moves = [Move(FLOORS[view], self.floor, self.floor + 1, 0, each) for view, each in changes.items()]
        assert await self._store.apply(moves)
        self.floor += 1

    async def names(self) -> set[str]:
        """Everything that the index holds."""
        return {key.decode() for key in await self.redis.keys("*search:*")}


def _changes() -> dict[str, ViewChanges]:
    return {view: ViewChanges(view) for view in FLOORS}


def restaurant(id: str, **more: Any) -> Restaurant:
    place = {name: more.pop(name) for name in ("city", "district", "latitude", "longitude") if name in more}
    said: dict[str, Any] = {
        "name": "Lokanta", "description": "", "logo": "", "phone_number": None, "email": None, "status": "open",
        "opening_hours": {}, "cuisines": (), "prep_time": 30, "rating_avg": 0.0, "rating_count": 0, "delivery_fee": 0,
        "min_order_price": 0, "created_at": MONDAY, "updated_at": MONDAY, "address": Address(**place), **more,
    }  # fmt: skip
    return Restaurant(id=id, **said)


def meal(id: str, of: str, name: str, *, on_sale: bool = True) -> Meal:
    return Meal(
        id=id, restaurant_id=of, name=name, description="", is_available=on_sale, price=10, image_url="", cuisine="",
        complementary_ids=(), options=(), created_at=MONDAY, updated_at=MONDAY,
    )  # fmt: skip

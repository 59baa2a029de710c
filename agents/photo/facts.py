"""What the photo domain knows of others: whose restaurants are, and on whose menu meals are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import msgspec

from topics.contracts import catalog_events, restaurant_events
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealRemoved
from topics.contracts.restaurant_events import RestaurantOpened
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    owner_id: str


class OnMenu(msgspec.Struct, frozen=True, kw_only=True):
    restaurant_id: str


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, Ownership] = field(default_factory=dict[str, Ownership])
    meals: Mapping[str, OnMenu] = field(default_factory=dict[str, OnMenu])


def show_restaurant(before: Ownership | None, event: restaurant_events.Event, meta: EventMeta) -> Shown[Ownership]:
    return Shown(Ownership(owner_id=event.owner_id) if isinstance(event, RestaurantOpened) else before)


def show_meal(before: OnMenu | None, event: catalog_events.Event, meta: EventMeta) -> Shown[OnMenu]:
    match event:
        case MealAdded():
            return Shown(OnMenu(restaurant_id=event.restaurant_id))
        case MealChanged() | AvailabilityChanged():
            return Shown(before)
        case MealRemoved():
            return Shown(None)
        case _:
            assert_never(event)


RESTAURANTS = FactTable[Ownership, restaurant_events.Event](
    name="restaurants", topic=restaurant_events.TOPIC, document=Ownership, show=show_restaurant
)
MEALS = FactTable[OnMenu, catalog_events.Event](
    name="meals", topic=catalog_events.TOPIC, document=OnMenu, show=show_meal
)

"""What orders know of others: the catalog's prices, and what a restaurant asks for a delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics import catalog_events, restaurant_events
from topics.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealRemoved
from topics.decision import EventMeta, FactTable, Shown
from topics.restaurant_events import RestaurantChanged, RestaurantDetails, RestaurantOpened


class MealFacts(msgspec.Struct, frozen=True, kw_only=True):
    restaurant_id: str
    name: str
    price: float
    is_available: bool


class RestaurantFacts(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    is_open: bool
    delivery_fee: float
    min_order_price: float


@dataclass(frozen=True, slots=True)
class Facts:
    meals: Mapping[str, MealFacts] = field(default_factory=dict[str, MealFacts])
    restaurants: Mapping[str, RestaurantFacts] = field(default_factory=dict[str, RestaurantFacts])


def show_meal(before: MealFacts | None, event: catalog_events.Event, meta: EventMeta) -> Shown[MealFacts]:
    match event:
        case MealAdded() | MealChanged():
            details = event.details
            known = MealFacts(
                restaurant_id=event.restaurant_id,
                name=details.name,
                price=details.price,
                is_available=details.is_available,
            )
            return Shown(known)
        case AvailabilityChanged():
            return Shown(before and replace(before, is_available=event.is_available))
        case MealRemoved():
            return Shown(None)
        case _:
            assert_never(event)


def show_restaurant(
    before: RestaurantFacts | None, event: restaurant_events.Event, meta: EventMeta
) -> Shown[RestaurantFacts]:
    if isinstance(event, RestaurantOpened | RestaurantChanged):
        return Shown(_restaurant(event.details))
    return Shown(before)


def _restaurant(details: RestaurantDetails) -> RestaurantFacts:
    return RestaurantFacts(
        name=details.name,
        is_open=details.status == "open",
        delivery_fee=details.delivery_fee,
        min_order_price=details.min_order_price,
    )


MEALS = FactTable[MealFacts, catalog_events.Event](
    name="meals", topic=catalog_events.TOPIC, document=MealFacts, show=show_meal
)
RESTAURANTS = FactTable[RestaurantFacts, restaurant_events.Event](
    name="restaurants", topic=restaurant_events.TOPIC, document=RestaurantFacts, show=show_restaurant
)

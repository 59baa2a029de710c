"""The state of a meal, and how events change it."""

from datetime import datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics.contracts.catalog_events import (
    AvailabilityChanged,
    Event,
    MealAdded,
    MealChanged,
    MealDetails,
    MealRemoved,
    RowSettled,
)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """seat: see MealAdded."""

    restaurant_id: str
    details: MealDetails
    added_at: datetime
    seat: str | None = None


class Dish(msgspec.Struct, frozen=True, kw_only=True):
    """offer None: not on a menu. removed: it was on one, and its id is never another meal's."""

    offer: Offer | None = None
    removed: bool = False


def evolve(dish: Dish, event: Event) -> Dish:
    match event:
        case MealAdded():
            offer = Offer(
                restaurant_id=event.restaurant_id, details=event.details, added_at=event.added_at, seat=event.seat
            )
            return Dish(offer=offer)
        case MealChanged():
            return replace(dish, offer=dish.offer and replace(dish.offer, details=event.details))
        case AvailabilityChanged():
            return _with_availability(dish, event)
        case MealRemoved():
            return Dish(removed=True)
        case RowSettled():
            return dish
        case _:
            assert_never(event)


def _with_availability(dish: Dish, event: AvailabilityChanged) -> Dish:
    if dish.offer is None:
        return dish
    details = replace(dish.offer.details, is_available=event.is_available, sold_out_until=event.until)
    return replace(dish, offer=replace(dish.offer, details=details))

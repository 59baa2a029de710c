"""What baskets know of meals: the catalog's word on restaurant, name, price and availability."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics import catalog_events
from topics.catalog_events import AvailabilityChanged, Event, MealAdded, MealChanged, MealRemoved
from topics.decision import EventMeta, FactTable, Shown


class MealFacts(msgspec.Struct, frozen=True, kw_only=True):
    restaurant_id: str
    name: str
    price: float
    image_url: str
    is_available: bool


@dataclass(frozen=True, slots=True)
class Facts:
    meals: Mapping[str, MealFacts] = field(default_factory=dict[str, MealFacts])


def show(before: MealFacts | None, event: Event, meta: EventMeta) -> Shown[MealFacts]:
    match event:
        case MealAdded() | MealChanged():
            details = event.details
            known = MealFacts(
                restaurant_id=event.restaurant_id,
                name=details.name,
                price=details.price,
                image_url=details.image_url,
                is_available=details.is_available,
            )
            return Shown(known)
        case AvailabilityChanged():
            return Shown(before and replace(before, is_available=event.is_available))
        case MealRemoved():
            return Shown(None)
        case _:
            assert_never(event)


MEALS = FactTable[MealFacts, Event](name="meals", topic=catalog_events.TOPIC, document=MealFacts, show=show)

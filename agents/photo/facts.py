"""What the photo domain knows of others: whose restaurants are, and on whose menu meals are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from topics.contracts import catalog_events
from topics.contracts.catalog_events import Event, MealAdded, MealRemoved
from topics.copies import RestaurantCopy
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta


class OnMenu(msgspec.Struct, frozen=True, kw_only=True):
    restaurant_id: str


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, RestaurantCopy] = field(default_factory=dict[str, RestaurantCopy])
    meals: Mapping[str, OnMenu] = field(default_factory=dict[str, OnMenu])


def show(before: OnMenu | None, event: Event, meta: EventMeta) -> Shown[OnMenu]:
    if isinstance(event, MealAdded):
        return Shown(OnMenu(restaurant_id=event.restaurant_id))
    return Shown(None if isinstance(event, MealRemoved) else before)


MEALS = FactTable[OnMenu, Event](name="meals", topic=catalog_events.TOPIC, document=OnMenu, show=show)

"""What the catalog knows of restaurants: whose they are, and when their days end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from topics.contracts import restaurant_events
from topics.contracts.restaurant_events import Event, RestaurantChanged, RestaurantDetails, RestaurantOpened
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta
from topics.values.opening_hours import DEFAULT_ZONE


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    """opening_hours, time_zone: see topics/values/opening_hours.py; copies of before they were kept have the defaults."""

    owner_id: str
    opening_hours: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    time_zone: str = DEFAULT_ZONE


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, Ownership] = field(default_factory=dict[str, Ownership])

    def owned(self, restaurant_id: str, owner_id: str | None) -> Ownership | None:
        """The restaurant, if it is this owner's."""
        found = self.restaurants.get(restaurant_id)
        return found if found is not None and found.owner_id == owner_id else None


def show(before: Ownership | None, event: Event, meta: EventMeta) -> Shown[Ownership]:
    match event:
        case RestaurantOpened():
            return Shown(_with_hours(Ownership(owner_id=event.owner_id), event.details))
        case RestaurantChanged():
            return Shown(before and _with_hours(before, event.details))
        case _:
            return Shown(before)


def _with_hours(known: Ownership, details: RestaurantDetails) -> Ownership:
    hours = {str(day): said for day, said in details.opening_hours.items()}
    return replace(known, opening_hours=hours, time_zone=details.time_zone)


RESTAURANTS = FactTable[Ownership, Event](
    name="restaurants", topic=restaurant_events.TOPIC, document=Ownership, show=show
)

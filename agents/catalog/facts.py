"""What the catalog knows of restaurants: whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from topics.contracts import restaurant_events
from topics.contracts.restaurant_events import Event, RestaurantOpened
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta


class Ownership(msgspec.Struct, frozen=True, kw_only=True):
    owner_id: str


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, Ownership] = field(default_factory=dict[str, Ownership])


def show(before: Ownership | None, event: Event, meta: EventMeta) -> Shown[Ownership]:
    return Shown(Ownership(owner_id=event.owner_id) if isinstance(event, RestaurantOpened) else before)


RESTAURANTS = FactTable[Ownership, Event](
    name="restaurants", topic=restaurant_events.TOPIC, document=Ownership, show=show
)

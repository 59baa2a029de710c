"""What the courier domain knows of restaurants: whose they are, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from topics.contracts import restaurant_events
from topics.contracts.courier_events import Spot, spot
from topics.contracts.restaurant_events import Event, RestaurantChanged, RestaurantOpened
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """A restaurant. spot: None where it has no coordinates."""

    owner_id: str
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, Sender] = field(default_factory=dict[str, Sender])


def show(before: Sender | None, event: Event, meta: EventMeta) -> Shown[Sender]:
    match event:
        case RestaurantOpened():
            return Shown(Sender(owner_id=event.owner_id, spot=spot(event.details.address)))
        case RestaurantChanged():
            return Shown(before and Sender(owner_id=before.owner_id, spot=spot(event.details.address)))
        case _:
            return Shown(before)


RESTAURANTS = FactTable[Sender, Event](name="restaurants", topic=restaurant_events.TOPIC, document=Sender, show=show)

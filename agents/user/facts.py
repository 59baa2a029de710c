"""What users' favourites need of restaurants: that they exist, and how a fresh favourite is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from topics.contracts import restaurant_events
from topics.contracts.restaurant_events import Event, RestaurantChanged, RestaurantOpened
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta
from topics.values.fields import OpenOrClosed


class RestaurantFacts(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    logo: str
    cuisines: tuple[str, ...]
    status: OpenOrClosed


@dataclass(frozen=True, slots=True)
class Facts:
    restaurants: Mapping[str, RestaurantFacts] = field(default_factory=dict[str, RestaurantFacts])


def show(before: RestaurantFacts | None, event: Event, meta: EventMeta) -> Shown[RestaurantFacts]:
    if not isinstance(event, RestaurantOpened | RestaurantChanged):
        return Shown(before)
    said = event.details
    return Shown(RestaurantFacts(name=said.name, logo=said.logo, cuisines=said.cuisines, status=said.status))


RESTAURANTS = FactTable[RestaurantFacts, Event](
    name="restaurants", topic=restaurant_events.TOPIC, document=RestaurantFacts, show=show
)

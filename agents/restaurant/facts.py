"""What the restaurants know of orders: which their customers have, since those may be reviewed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from topics.contracts import order_events
from topics.contracts.order_events import Event, OrderDelivered, OrderErased, OrderPickedUp
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """user_id: who has ordered."""

    user_id: str
    restaurant_id: str


@dataclass(frozen=True, slots=True)
class Facts:
    """delivered: by order id."""

    delivered: Mapping[str, Delivered] = field(default_factory=dict[str, Delivered])


def show(before: Delivered | None, event: Event, meta: EventMeta) -> Shown[Delivered]:
    match event:
        case OrderDelivered() | OrderPickedUp():
            return Shown(Delivered(user_id=event.user_id, restaurant_id=event.restaurant_id))
        case OrderErased():
            return Shown(None)
        case _:
            return Shown(before)


DELIVERED = FactTable[Delivered, Event](name="delivered", topic=order_events.TOPIC, document=Delivered, show=show)

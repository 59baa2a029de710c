"""What happened to deliveries, one an order, and to couriers. Where couriers are on their way is in no event:
see docs/decisions/073.

Two kinds of aggregates: a delivery, by the id of its order; and a courier, by topics.keys.courier().
"""

from datetime import datetime

import msgspec

from topics.contracts.address_events import SavedAddress
from topics.contracts.courier_commands import Outcome
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import Address, Personal


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Degrees, WGS 84."""

    latitude: Personal[float]
    longitude: Personal[float]


def spot(address: Address | SavedAddress) -> Spot | None:
    """None where it has no coordinates."""
    if address.latitude is None or address.longitude is None:
        return None
    return Spot(latitude=address.latitude, longitude=address.longitude)


class CourierRegistered(Message, frozen=True, kw_only=True):
    """Also a courier who has another name now. at: when they became one."""

    user_id: str
    name: Personal[str] | None
    at: datetime


class CourierResigned(Message, frozen=True, kw_only=True):
    pass


class CourierErased(Message, frozen=True, kw_only=True):
    """The account is no more, and becomes no courier again."""


class DeliveryExpected(Message, frozen=True, kw_only=True):
    """An order is placed, and the restaurant has not accepted it yet. address: None where the order has none."""

    restaurant_id: str
    restaurant_name: str
    address: SavedAddress | None


class DeliveryOpened(Message, frozen=True, kw_only=True):
    """A courier may be asked."""


class DeliveryOffered(Message, frozen=True, kw_only=True):
    """owner_id: of the restaurant, who has asked. restaurant_spot: None where it has no coordinates. city, district: where the
    delivery goes; the address follows to who accepts."""

    order_id: str
    courier_id: str
    offered_at: datetime
    ends_at: datetime
    owner_id: str
    restaurant_id: str
    restaurant_name: str
    restaurant_spot: Spot | None
    city: str
    district: str


class OfferDeclined(Message, frozen=True, kw_only=True):
    courier_id: str


class OfferEnded(Message, frozen=True, kw_only=True):
    """The courier has not answered in time."""

    courier_id: str


class CourierWithdrawn(Message, frozen=True, kw_only=True):
    """The restaurant has taken the offer or the delivery back."""

    courier_id: str


class DeliveryAccepted(Message, frozen=True, kw_only=True):
    """address: for the courier, who needs it from now on; None where the order has none."""

    courier_id: str
    at: datetime
    address: SavedAddress | None


class PickedUp(Message, frozen=True, kw_only=True):
    courier_id: str
    at: datetime


class Delivered(Message, frozen=True, kw_only=True):
    courier_id: str
    at: datetime


class Failed(Message, frozen=True, kw_only=True):
    """picked_up: the courier had the meals already."""

    courier_id: str
    reason: str
    at: datetime
    picked_up: bool


class DeliveryClosed(Message, frozen=True, kw_only=True):
    """The order has ended, without the courier's doing."""

    outcome: Outcome
    at: datetime


class DeliveryErased(Message, frozen=True, kw_only=True):
    """The customer's account is no more, and the address is gone."""


Event = (
    CourierRegistered
    | CourierResigned
    | CourierErased
    | DeliveryExpected
    | DeliveryOpened
    | DeliveryOffered
    | OfferDeclined
    | OfferEnded
    | CourierWithdrawn
    | DeliveryAccepted
    | PickedUp
    | Delivered
    | Failed
    | DeliveryClosed
    | DeliveryErased
)

TOPIC = Topic(
    name="courier_events",
    messages=(
        CourierRegistered,
        CourierResigned,
        CourierErased,
        DeliveryExpected,
        DeliveryOpened,
        DeliveryOffered,
        OfferDeclined,
        OfferEnded,
        CourierWithdrawn,
        DeliveryAccepted,
        PickedUp,
        Delivered,
        Failed,
        DeliveryClosed,
        DeliveryErased,
    ),
    key="order id, or courier:<user id>",
    producers=("courier",),
    consumers=("courier",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

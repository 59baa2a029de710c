"""What couriers and restaurants read of deliveries."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.address_events import SavedAddress
from topics.contracts.courier_events import Spot
from topics.values.fields import Latitude, Longitude, Moment, Personal

DeliveryStatus = Literal["open", "offered", "accepted", "picked_up", "delivered", "failed", "cancelled"]
"""open: nobody has it, and nobody is asked."""

Phase = Literal["offered", "running", "ended"]

PHASES: dict[DeliveryStatus, Phase] = {
    "offered": "offered",
    "accepted": "running",
    "picked_up": "running",
    "delivered": "ended",
    "failed": "ended",
    "cancelled": "ended",
}
"""What a delivery is to its courier."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """courier_id: None where nobody has it. address: for the courier, from acceptance until the end. reason: of a failure."""

    order_id: str
    restaurant_id: str
    restaurant_name: str
    status: DeliveryStatus
    courier_id: str | None
    city: str
    district: str
    address: SavedAddress | None = None
    offered_at: datetime
    offer_ends_at: datetime
    accepted_at: datetime | None = None
    picked_up_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


class KeptDelivery(Delivery, frozen=True, kw_only=True):
    """View `delivery`, by order id, index `deliveries:<courier id>:<phase>` by when it was offered. owner_id: who may read it
    besides the courier. restaurant_spot: None where the restaurant has no coordinates."""

    owner_id: str
    restaurant_spot: Spot | None


class Courier(msgspec.Struct, frozen=True, kw_only=True):
    """View `courier`."""

    id: str
    name: Personal[str] | None
    since: datetime


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where a courier is: body of the request, and data of the event `position`. at: by the courier's clock; None: now."""

    latitude: Personal[Latitude]
    longitude: Personal[Longitude]
    at: Moment | None = None


class PositionTaken(msgspec.Struct, frozen=True, kw_only=True):
    """shown: whether the customer sees it; not, where a later position is known already."""

    shown: bool

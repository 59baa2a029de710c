"""What happened to restaurants. Catalog, order and user keep facts of it."""

from datetime import datetime

import msgspec

from topics.fields import Address, Money, OpenOrClosed, Weekday
from topics.message import Message
from topics.opening_hours import DEFAULT_ZONE
from topics.registry import FOREVER, Topic


class RestaurantDetails(msgspec.Struct, frozen=True, kw_only=True):
    """opening_hours, time_zone: see topics/opening_hours.py. prep_time: minutes."""

    name: str
    description: str = ""
    logo: str = ""
    address: Address = Address()
    phone_number: str | None = None
    email: str | None = None
    status: OpenOrClosed = "open"
    opening_hours: dict[Weekday, str] = msgspec.field(default_factory=dict[Weekday, str])
    time_zone: str = DEFAULT_ZONE
    cuisines: tuple[str, ...] = ()
    prep_time: int = 30
    delivery_fee: Money = 0
    min_order_price: Money = 0


class RestaurantOpened(Message, frozen=True, kw_only=True):
    owner_id: str
    details: RestaurantDetails
    opened_at: datetime


class RestaurantChanged(Message, frozen=True, kw_only=True):
    """details: as they are now, whole."""

    details: RestaurantDetails
    changed_at: datetime


Event = RestaurantOpened | RestaurantChanged

TOPIC = Topic(
    name="restaurant_events",
    messages=(RestaurantOpened, RestaurantChanged),
    key="restaurant id",
    producers=("restaurant",),
    consumers=("restaurant", "catalog", "user", "basket", "discount", "order"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

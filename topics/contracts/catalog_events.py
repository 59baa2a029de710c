"""What happened to meals. Basket and order keep facts of it: prices come from here, never from a client."""

from datetime import datetime
from typing import ClassVar

import msgspec

from topics.contracts.catalog_commands import MealOption
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.kurus import Kurus, lira_before


class MealDetails(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    price: Kurus
    description: str = ""
    is_available: bool = msgspec.field(default=True, name="isAvailable")
    image_url: str = ""
    cuisine: str = ""
    complementary_ids: tuple[str, ...] = ()
    options: tuple[MealOption, ...] = ()


class MealAdded(Message, frozen=True, kw_only=True):
    """seat: its number among the meals that a restaurant may have (agents/catalog/limits.py); None: from before there were
    seats."""

    schema_version: ClassVar[int] = 2

    restaurant_id: str
    details: MealDetails
    added_at: datetime
    seat: str | None = None


class MealChanged(Message, frozen=True, kw_only=True):
    """details: as they are now, whole."""

    schema_version: ClassVar[int] = 2

    restaurant_id: str
    details: MealDetails


class AvailabilityChanged(Message, frozen=True, kw_only=True):
    restaurant_id: str
    is_available: bool = msgspec.field(name="isAvailable")


class MealRemoved(Message, frozen=True, kw_only=True):
    restaurant_id: str


Event = MealAdded | MealChanged | AvailabilityChanged | MealRemoved

_in_kurus = lira_before("details.price", "details.options.price")

TOPIC = Topic(
    name="catalog_events",
    messages=(MealAdded, MealChanged, AvailabilityChanged, MealRemoved),
    key="meal id",
    producers=("catalog",),
    consumers=("catalog", "basket", "order"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (MealAdded, MealChanged)),
)

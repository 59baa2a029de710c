"""What happened to meals. Basket and order keep facts of it: prices come from here, never from a client."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from topics.contracts.catalog_commands import RowRef
from topics.deciding import choosing
from topics.deciding.choosing import MealOption
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.kurus import Kurus, lira_before


class MealDetails(msgspec.Struct, frozen=True, kw_only=True):
    """sold_out_until: when a meal that is not available comes back by itself; None: when its owner says so. photo_id: of the
    photo that image_url shows; None: the owner has named another address, or none."""

    name: str
    price: Kurus
    description: str = ""
    is_available: bool = msgspec.field(default=True, name="isAvailable")
    image_url: str = ""
    cuisine: str = ""
    complementary_ids: tuple[str, ...] = ()
    options: tuple[MealOption, ...] = ()
    allergens: tuple[str, ...] = ()
    diets: tuple[str, ...] = ()
    sold_out_until: datetime | None = None
    photo_id: str | None = None


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
    """until: see MealDetails.sold_out_until."""

    restaurant_id: str
    is_available: bool = msgspec.field(name="isAvailable")
    until: datetime | None = None


class MealRemoved(Message, frozen=True, kw_only=True):
    restaurant_id: str


Outcome = Literal["added", "changed", "unchanged", "refused"]


class RowSettled(Message, frozen=True, kw_only=True):
    """What became of a row of a menu file. field, why: of one that was refused. What it did to the meal, the event before this
    one says."""

    row: RowRef
    outcome: Outcome
    field: str = ""
    why: str = ""


Event = MealAdded | MealChanged | AvailabilityChanged | MealRemoved | RowSettled

PRICES = ("details.price", *(f"details.options.{place}" for place in choosing.PRICES))
"""Where amounts stand in events with details: those of version 1 had them in lira."""

_in_kurus = lira_before(*PRICES)

TOPIC = Topic(
    name="catalog_events",
    messages=(MealAdded, MealChanged, AvailabilityChanged, MealRemoved, RowSettled),
    key="meal id",
    producers=("catalog",),
    consumers=("catalog", "basket", "order", "photo"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (MealAdded, MealChanged)),
)

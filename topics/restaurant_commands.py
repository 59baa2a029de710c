"""Commands to the restaurants. The caller who opens one owns it; nobody else may change it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from topics.fields import (
    Address,
    Email,
    Hours,
    Minutes,
    Money,
    Name,
    OpenOrClosed,
    Phone,
    Text,
    TimeZone,
    Url,
    Weekday,
    Word,
)
from topics.message import Message
from topics.opening_hours import DEFAULT_ZONE
from topics.registry import Topic

Cuisines = Annotated[tuple[Word, ...], Meta(max_length=20)]
OpeningHours = dict[Weekday, Hours]


class OpenRestaurant(Message, frozen=True, kw_only=True):
    """opening_hours: a day that is absent is a day off; none at all: always open. time_zone: in which they are said.
    prep_time: minutes."""

    name: Name
    description: Text = ""
    logo: Url = ""
    address: Address = Address()
    phone_number: Phone | None = None
    email: Email | None = None
    status: OpenOrClosed = "open"
    opening_hours: OpeningHours = msgspec.field(default_factory=dict[Weekday, Hours])
    time_zone: TimeZone = DEFAULT_ZONE
    cuisines: Cuisines = ()
    prep_time: Minutes = 30
    delivery_fee: Money = 0
    min_order_price: Money = 0


class ChangeRestaurant(Message, frozen=True, kw_only=True):
    """What is absent stays."""

    name: Name | None = None
    description: Text | None = None
    logo: Url | None = None
    address: Address | None = None
    phone_number: Phone | None = None
    email: Email | None = None
    status: OpenOrClosed | None = None
    opening_hours: OpeningHours | None = None
    time_zone: TimeZone | None = None
    cuisines: Cuisines | None = None
    prep_time: Minutes | None = None
    delivery_fee: Money | None = None
    min_order_price: Money | None = None


Command = OpenRestaurant | ChangeRestaurant

TOPIC = Topic(
    name="restaurant_commands",
    messages=(OpenRestaurant, ChangeRestaurant),
    key="restaurant id",
    producers=("edge",),
    consumers=("restaurant",),
    append_time=True,
)

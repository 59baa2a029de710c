"""Commands to the restaurants and to the pages of their followers. The caller who opens one owns it; nobody else may change it
or start a campaign. Follow, Unfollow and Announce are the domain's own: see agents/restaurant/policy.py."""

from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from topics.contracts.restaurant_events import CampaignDetails
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import (
    Address,
    DayOrTime,
    Email,
    Hours,
    Id,
    Minutes,
    Name,
    OpenOrClosed,
    Phone,
    Text,
    TimeZone,
    Url,
    Weekday,
    Word,
)
from topics.values.kurus import Kurus, lira_before
from topics.values.opening_hours import DEFAULT_ZONE

Cuisines = Annotated[tuple[Word, ...], Meta(max_length=20)]
OpeningHours = dict[Weekday, Hours]


class OpenRestaurant(Message, frozen=True, kw_only=True):
    """opening_hours: a day that is absent is a day off; none at all: always open. time_zone: in which they are said.
    prep_time: minutes."""

    schema_version: ClassVar[int] = 2

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
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0


class ChangeRestaurant(Message, frozen=True, kw_only=True):
    """What is absent stays. clears: fields that are taken away."""

    schema_version: ClassVar[int] = 2

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
    delivery_fee: Kurus | None = None
    min_order_price: Kurus | None = None
    clears: tuple[Literal["phone_number", "email"], ...] = ()


class StartCampaign(Message, frozen=True, kw_only=True):
    """A day means that day in the restaurant's time zone, the end day inclusive; so does a time without a zone.

    title, description: what a mail takes (topic `email_event`).
    """

    restaurant_id: Id
    title: Name
    description: Text = ""
    start_date: DayOrTime
    end_date: DayOrTime


class BeginCampaign(Message, frozen=True, kw_only=True):
    """Of a timer: the campaign's start has come."""

    campaign_id: Id


class Follow(Message, frozen=True, kw_only=True):
    """To a page of a restaurant's followers: this user wants mails about its campaigns."""

    user_id: Id


class Unfollow(Message, frozen=True, kw_only=True):
    user_id: Id


class Announce(Message, frozen=True, kw_only=True):
    """To a page of a restaurant's followers: tell them. after: the user id up to which they are told already."""

    campaign: CampaignDetails
    restaurant_name: str
    after: str = ""


Command = OpenRestaurant | ChangeRestaurant | StartCampaign | BeginCampaign | Follow | Unfollow | Announce

_in_kurus = lira_before("delivery_fee", "min_order_price")

TOPIC = Topic(
    name="restaurant_commands",
    messages=(OpenRestaurant, ChangeRestaurant, StartCampaign, BeginCampaign, Follow, Unfollow, Announce),
    key="restaurant id",
    producers=("edge", "restaurant"),
    consumers=("restaurant",),
    append_time=True,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (OpenRestaurant, ChangeRestaurant)),
)

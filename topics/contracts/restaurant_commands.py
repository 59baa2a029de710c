"""Commands to the restaurants and to the pages of their followers. The caller who opens one owns it; nobody else may change it
or start a campaign. EraseReview, CountRating, Follow, Unfollow and Announce are the domain's own: see
agents/restaurant/policy.py."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from topics.contracts.restaurant_events import CampaignDetails
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.areas import DeliveryArea
from topics.values.fields import (
    Address,
    DayOrTime,
    DaysOff,
    Email,
    Hours,
    Id,
    Minutes,
    Name,
    Note,
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
OrdersPerSlot = Annotated[int, Meta(ge=1, le=1_000)]


class OpenRestaurant(Message, frozen=True, kw_only=True):
    """opening_hours: a weekday that is absent is closed; none at all: always open. time_zone: in which they are said.
    prep_time: minutes. delivery_area: None: everywhere. pickup: whether guests may come for their orders.
    orders_per_slot: taken for a quarter of an hour at most, None: any number. auto_accept: orders are accepted as soon as they
    come, with the prep_time that guests see."""

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
    days_off: DaysOff = ()
    cuisines: Cuisines = ()
    prep_time: Minutes = 30
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0
    delivery_area: DeliveryArea | None = None
    pickup: bool = True
    orders_per_slot: OrdersPerSlot | None = None
    auto_accept: bool = False


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
    days_off: DaysOff | None = None
    cuisines: Cuisines | None = None
    prep_time: Minutes | None = None
    delivery_fee: Kurus | None = None
    min_order_price: Kurus | None = None
    delivery_area: DeliveryArea | None = None
    pickup: bool | None = None
    orders_per_slot: OrdersPerSlot | None = None
    auto_accept: bool | None = None
    clears: tuple[Literal["phone_number", "email", "delivery_area", "orders_per_slot"], ...] = ()


class BeBusy(Message, frozen=True, kw_only=True):
    """For so many minutes the usual prep_time is not enough; said again, from now on."""

    minutes: Annotated[int, Meta(ge=1, le=24 * 60)]
    prep_time: Minutes


class EndBusy(Message, frozen=True, kw_only=True):
    """By the owner, or by the timer of the last BeBusy."""


class PauseOrders(Message, frozen=True, kw_only=True):
    """For so many minutes no orders are taken; said again, from now on. reason: for guests."""

    minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)]
    reason: Word = ""


class ResumeOrders(Message, frozen=True, kw_only=True):
    """By the owner, or by the timer of the last PauseOrders."""


class GiveReview(Message, frozen=True, kw_only=True):
    """To the review of an order, whose key is `review:<order id>`, by who has ordered."""

    restaurant_id: Id
    order_id: Id
    rating: Annotated[int, Meta(ge=1, le=5)]
    comment: Note = ""


class EraseReview(Message, frozen=True, kw_only=True):
    """To the review of an order: the account of its user is erased."""


class CountRating(Message, frozen=True, kw_only=True):
    """To a restaurant: one of its orders was reviewed."""

    rating: int


class ReserveSlot(Message, frozen=True, kw_only=True):
    """To a restaurant's slots of a day, from an order that waits for it. slot: its begin, UTC. limit: orders for it at most."""

    order_id: Id
    slot: datetime
    limit: OrdersPerSlot


class ReleaseSlot(Message, frozen=True, kw_only=True):
    """The order for which it was reserved came to nothing."""

    order_id: Id
    slot: datetime


class AskSlot(Message, frozen=True, kw_only=True):
    """Somebody asks again for an order that waits for its slot: goes the same way behind it, and so is answered after it."""

    order_id: Id
    user_id: Id


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


class SetLogo(Message, frozen=True, kw_only=True):
    """Of the photo domain: this photo was accepted, and is the restaurant's logo from now on."""

    photo_id: Id


Command = (
    OpenRestaurant
    | ChangeRestaurant
    | BeBusy
    | EndBusy
    | PauseOrders
    | ResumeOrders
    | GiveReview
    | EraseReview
    | CountRating
    | ReserveSlot
    | ReleaseSlot
    | AskSlot
    | StartCampaign
    | BeginCampaign
    | Follow
    | Unfollow
    | Announce
    | SetLogo
)

_in_kurus = lira_before("delivery_fee", "min_order_price")

TOPIC = Topic(
    name="restaurant_commands",
    messages=(
        OpenRestaurant,
        ChangeRestaurant,
        BeBusy,
        EndBusy,
        PauseOrders,
        ResumeOrders,
        GiveReview,
        EraseReview,
        CountRating,
        ReserveSlot,
        ReleaseSlot,
        AskSlot,
        StartCampaign,
        BeginCampaign,
        Follow,
        Unfollow,
        Announce,
        SetLogo,
    ),
    key="restaurant id",
    producers=("edge", "restaurant", "order", "photo"),
    consumers=("restaurant",),
    append_time=True,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (OpenRestaurant, ChangeRestaurant)),
)

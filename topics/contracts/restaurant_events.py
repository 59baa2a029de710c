"""What happened to restaurants, their campaigns and who follows them. Catalog, order and user keep facts of it."""

from datetime import datetime
from typing import ClassVar

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.areas import DeliveryArea
from topics.values.fields import Address, DayOff, OpenOrClosed, Personal, Weekday
from topics.values.kurus import Kurus, lira_before
from topics.values.opening_hours import DEFAULT_ZONE


class RestaurantDetails(msgspec.Struct, frozen=True, kw_only=True):
    """opening_hours: ranges of times by weekday, in the time zone; none at all: always open. days_off: by day.
    prep_time: minutes. delivery_area: None: everywhere.
    orders_per_slot: taken for a quarter of an hour at most, None: any number. auto_accept: see OpenRestaurant."""

    name: str
    description: str = ""
    logo: str = ""
    address: Address = Address()
    phone_number: Personal[str] | None = None
    email: Personal[str] | None = None
    status: OpenOrClosed = "open"
    opening_hours: dict[Weekday, str] = msgspec.field(default_factory=dict[Weekday, str])
    time_zone: str = DEFAULT_ZONE
    days_off: tuple[DayOff, ...] = ()
    cuisines: tuple[str, ...] = ()
    prep_time: int = 30
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0
    delivery_area: DeliveryArea | None = None
    pickup: bool = True
    orders_per_slot: int | None = None
    auto_accept: bool = False


class RestaurantOpened(Message, frozen=True, kw_only=True):
    schema_version: ClassVar[int] = 2

    owner_id: str
    details: RestaurantDetails
    opened_at: datetime


class RestaurantChanged(Message, frozen=True, kw_only=True):
    """details: as they are now, whole."""

    schema_version: ClassVar[int] = 2

    details: RestaurantDetails
    changed_at: datetime


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """More is to cook than usual. prep_time: minutes, longer than the usual ones."""

    until: datetime
    prep_time: int


def prep_time(details: RestaurantDetails, busy: Busy | None) -> int:
    """That guests see, in minutes. The usual one may have become longer than the one of a busy hour."""
    return max(details.prep_time, busy.prep_time if busy else 0)


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """No orders are taken, but for later. reason: for guests, may be empty."""

    until: datetime
    reason: str = ""


class ModesChanged(Message, frozen=True, kw_only=True):
    """busy, pause: as they are now, both. prep_time: that guests see from now on."""

    busy: Busy | None = None
    pause: Pause | None = None
    prep_time: int
    changed_at: datetime


class ReviewGiven(Message, frozen=True, kw_only=True):
    """Of a review, whose key is `review:<order id>`. rating: 1 to 5. comment: may be empty."""

    order_id: str
    restaurant_id: str
    rating: int
    comment: Personal[str]
    given_at: datetime


class ReviewErased(Message, frozen=True, kw_only=True):
    """Of a review: its user is erased. The comment is gone, the rating stays; where there was none, there will be none."""


class RatingCounted(Message, frozen=True, kw_only=True):
    """A restaurant got a rating of 1 to 5. total: of all ratings, count: how many they are, both with this one."""

    rating: int
    total: int
    count: int


class SlotReserved(Message, frozen=True, kw_only=True):
    """Of a restaurant's slots of a day, as those below. The key is `<restaurant id>:slots:<day>`. slot: begin of the
    quarter of an hour, UTC. taken: orders for it, with this one."""

    order_id: str
    slot: datetime
    taken: int


class SlotFull(Message, frozen=True, kw_only=True):
    """This order is one too many."""

    order_id: str
    slot: datetime


class SlotReleased(Message, frozen=True, kw_only=True):
    """taken: orders for it, without this one."""

    order_id: str
    slot: datetime
    taken: int


class SlotAsked(Message, frozen=True, kw_only=True):
    """Somebody asks again for an order that waits for its slot."""

    order_id: str
    user_id: str


class CampaignDetails(msgspec.Struct, frozen=True, kw_only=True):
    """end_date: the last moment at which it runs."""

    id: str
    title: str
    description: str
    start_date: datetime
    end_date: datetime
    created_at: datetime

    def is_over(self, at: datetime) -> bool:
        return self.end_date < at


class CampaignStarted(Message, frozen=True, kw_only=True):
    """An owner has made it; it may begin later (CampaignBegan). restaurant_name: as it was then."""

    campaign: CampaignDetails
    restaurant_name: str


class CampaignBegan(Message, frozen=True, kw_only=True):
    """One that was made before its start has come to it. restaurant_name: as it is now."""

    campaign: CampaignDetails
    restaurant_name: str


class FollowerAdded(Message, frozen=True, kw_only=True):
    """Of a page of a restaurant's followers, as all below. The key is `<restaurant id>:followers:<n>`: a page is an
    aggregate of its own, so that a hundred thousand followers are no single giant state."""

    user_id: str


class FollowerRemoved(Message, frozen=True, kw_only=True):
    user_id: str


class FollowerRefused(Message, frozen=True, kw_only=True):
    """The page is full: this user will not hear of campaigns."""

    user_id: str


class Announced(Message, frozen=True, kw_only=True):
    """Each of these users gets a notification. A page with many followers has several of these for a campaign."""

    campaign: CampaignDetails
    restaurant_name: str
    user_ids: tuple[str, ...]


Event = (
    RestaurantOpened
    | RestaurantChanged
    | ModesChanged
    | ReviewGiven
    | ReviewErased
    | RatingCounted
    | SlotReserved
    | SlotFull
    | SlotReleased
    | SlotAsked
    | CampaignStarted
    | CampaignBegan
    | FollowerAdded
    | FollowerRemoved
    | FollowerRefused
    | Announced
)

_in_kurus = lira_before("details.delivery_fee", "details.min_order_price")

TOPIC = Topic(
    name="restaurant_events",
    messages=(
        RestaurantOpened,
        RestaurantChanged,
        ModesChanged,
        ReviewGiven,
        ReviewErased,
        RatingCounted,
        SlotReserved,
        SlotFull,
        SlotReleased,
        SlotAsked,
        CampaignStarted,
        CampaignBegan,
        FollowerAdded,
        FollowerRemoved,
        FollowerRefused,
        Announced,
    ),
    key="restaurant id",
    producers=("restaurant",),
    consumers=(
        "restaurant",
        "catalog",
        "menu",
        "user",
        "basket",
        "discount",
        "order",
        "photo",
        "notification",
        "kitchen",
        "courier",
        "analytics",
    ),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (RestaurantOpened, RestaurantChanged)),
)

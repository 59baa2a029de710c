"""What happened to restaurants, their campaigns and who follows them. Catalog, order and user keep facts of it."""

from datetime import datetime
from typing import ClassVar

import msgspec

from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Address, OpenOrClosed, Weekday
from topics.values.kurus import Kurus, lira_before
from topics.values.opening_hours import DEFAULT_ZONE


class RestaurantDetails(msgspec.Struct, frozen=True, kw_only=True):
    """opening_hours: ranges of times by weekday, in the time zone; none at all: always open. prep_time: minutes."""

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
    delivery_fee: Kurus = 0
    min_order_price: Kurus = 0


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
        CampaignStarted,
        CampaignBegan,
        FollowerAdded,
        FollowerRemoved,
        FollowerRefused,
        Announced,
    ),
    key="restaurant id",
    producers=("restaurant",),
    consumers=("restaurant", "catalog", "user", "basket", "discount", "order"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=tuple(Upcast(kind, 1, _in_kurus) for kind in (RestaurantOpened, RestaurantChanged)),
)

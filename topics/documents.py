"""What clients read: the JSON of view documents and answers. Projections and deciders make them, the edge shows them.

Times are RFC 3339 in UTC, amounts lira with two decimals, lists are never null.
"""

from datetime import date, datetime

import msgspec

from topics.catalog_commands import MealOption
from topics.fields import Address, Money, OpenOrClosed, PaymentMethod, Sum, Weekday
from topics.opening_hours import DEFAULT_ZONE
from topics.order_events import PricedItem


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that has nothing to say but that it is done."""

    message: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of verify, login and refresh, always sealed. token = access_token, as older clients read it."""

    access_token: str
    refresh_token: str
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """View `login`. Not shown to clients: the edge finds an account by the side key `login:<sha256 hex of address>`."""

    verified: bool


class EndedSession(msgspec.Struct, frozen=True, kw_only=True):
    """View `deny`: the last session of an account that ended. Not shown to clients."""

    session_id: str
    ended_at: datetime


class User(msgspec.Struct, frozen=True, kw_only=True):
    """View `user`: shown once the profile is complete."""

    id: str
    email: str | None
    full_name: str
    born_date: date
    gender: str
    phone: str
    created_at: datetime
    updated_at: datetime


class Restaurant(msgspec.Struct, frozen=True, kw_only=True):
    """View `restaurant`, index `restaurants`. prep_time: minutes."""

    id: str
    name: str
    description: str
    logo: str
    address: Address
    phone_number: str | None
    email: str | None
    status: OpenOrClosed
    opening_hours: dict[Weekday, str]
    time_zone: str = DEFAULT_ZONE
    cuisines: tuple[str, ...]
    prep_time: int
    rating_avg: float
    rating_count: int
    delivery_fee: Money
    min_order_price: Money
    created_at: datetime
    updated_at: datetime


class RestaurantNow(Restaurant, frozen=True, kw_only=True):
    """What clients get of a restaurant. open_now: at the moment of the answer, so it is in no stored document."""

    open_now: bool


class RestaurantFound(RestaurantNow, frozen=True, kw_only=True):
    """In a search. distance_km: there where the search said a point; null where the restaurant has no coordinates."""

    distance_km: float | msgspec.UnsetType | None = msgspec.UNSET


class RestaurantsFound(msgspec.Struct, frozen=True, kw_only=True):
    """A page. total: of all pages."""

    restaurants: list[RestaurantFound]
    total: int
    page: int
    page_size: int
    has_next: bool


class Meal(msgspec.Struct, frozen=True, kw_only=True):
    """View `meal`, index `meals:<restaurant id>`."""

    id: str
    restaurant_id: str
    name: str
    description: str
    is_available: bool = msgspec.field(name="isAvailable")
    price: Money
    image_url: str
    cuisine: str
    complementary_ids: tuple[str, ...]
    options: tuple[MealOption, ...]
    created_at: datetime
    updated_at: datetime


class BasketItem(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    user_id: str
    restaurant_id: str
    meal_id: str
    quantity: int
    note: str | None
    schedule_date: str | None
    created_at: datetime
    name: str
    price: Money
    image_url: str
    is_available: bool


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """View `basket`. One field only: the edge cuts the bare list out of `{"items":…}` without decoding it."""

    items: tuple[BasketItem, ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """View `order`, index `orders:<user id>` by time; and the answer of a checkout."""

    id: str
    user_id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[PricedItem, ...]
    subtotal: Sum
    discount: Sum
    delivery_fee: Money
    total: Sum
    payment_method: PaymentMethod
    coupon_code: str | None
    status: str
    address_id: str | None
    note: str | None
    schedule_date: str | None
    created_at: datetime
    updated_at: datetime
    message: str

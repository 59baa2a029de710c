"""What clients read: the JSON of view documents and answers. Projections and deciders make them, the edge shows them.

Times are RFC 3339 in UTC, amounts lira with two decimals, lists are never null.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from topics.address_events import SavedAddress
from topics.catalog_commands import MealOption
from topics.discounting import CouponKind
from topics.fields import Address, Money, OpenOrClosed, PaymentMethod, Sum, Weekday
from topics.opening_hours import DEFAULT_ZONE
from topics.order_events import PriceChange, PricedItem


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that has nothing to say but that it is done."""

    message: str


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of verify, login and refresh, always sealed. token = access_token, as older clients read it."""

    access_token: str
    refresh_token: str
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """View `login`. Not shown to clients: the edge finds an account by the side key `login:<sha256 hex of address>`.

    verification_keys, reset_keys: side keys of mail tokens that are good still, the newest last, to drop them in time.
    """

    verified: bool
    verification_keys: tuple[str, ...] = ()
    reset_keys: tuple[str, ...] = ()


class EndedSession(msgspec.Struct, frozen=True, kw_only=True):
    """View `deny`: the last session of an account that ended. Not shown to clients."""

    session_id: str
    ended_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """expires_at: of the refresh token. current: the asker's own, filled in by the edge."""

    id: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    current: bool = False


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """View `sessions`: those of an account that have not ended, the oldest first; they may have expired since."""

    items: tuple[Session, ...]


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


class UserAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a user, who is its entity. latitude, longitude: degrees, WGS 84; both are there or none."""

    id: str
    entity_type: Literal["user"] = "user"
    entity_id: str
    user_id: str
    title: str
    address: str
    city: str
    district: str
    full_address: str
    zip_code: str
    apartment: str | None
    floor: str | None
    door_number: str | None
    latitude: float | None
    longitude: float | None
    is_default: bool
    created_at: datetime
    updated_at: datetime


class AddressBook(msgspec.Struct, frozen=True, kw_only=True):
    """View `address`, by user id. In the order in which they were added. One field only: the edge cuts the bare list out of
    `{"addresses":…}` without decoding it."""

    addresses: tuple[UserAddress, ...]


class FavouriteRestaurant(msgspec.Struct, frozen=True, kw_only=True):
    """What is not about the favourite itself is empty in the view's document: the edge shows the restaurant as it is now."""

    restaurant_id: str
    name: str = ""
    logo: str = ""
    cuisines: tuple[str, ...] = ()
    status: OpenOrClosed | Literal[""] = ""
    created_at: datetime


class FavouriteCuisine(msgspec.Struct, frozen=True, kw_only=True):
    cuisine: str
    created_at: datetime


class Favourites(msgspec.Struct, frozen=True, kw_only=True):
    """View `favourites`, by user id. In the order in which they became favourites."""

    restaurants: tuple[FavouriteRestaurant, ...] = ()
    cuisines: tuple[FavouriteCuisine, ...] = ()


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


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """end_date: the last moment at which it runs."""

    id: str
    title: str
    description: str
    start_date: datetime
    end_date: datetime
    restaurant_id: str
    restaurant_name: str
    created_at: datetime


class Campaigns(msgspec.Struct, frozen=True, kw_only=True):
    """View `campaigns`: a restaurant's, also those that are over until another one starts. Index `campaigns`, by the
    moment at which the last one ends."""

    campaigns: tuple[Campaign, ...]


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


class AnonymousLife(msgspec.Struct, frozen=True, kw_only=True):
    cart_id: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class Basket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """View `basket`. A user's has one field only: the edge cuts the bare list out of `{"items":…}` without decoding it.

    life: of anonymous baskets, whose items have their aggregate's id as user_id. Clients read an AnonymousBasket.
    """

    items: tuple[BasketItem, ...]
    life: AnonymousLife | None = None


class CouponPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What the basket would cost with its coupon. code, coupon_code: the same. total = subtotal - discount + delivery_fee."""

    code: str
    coupon_code: str
    subtotal: Sum
    discount: Sum
    delivery_fee: Money
    total: Sum
    message: str


class BasketCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """View `basket_coupon`: not shown as it is."""

    code: str


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """View `coupon`, index `coupons:<restaurant id>` where it is listed. value: percent, or lira."""

    code: str
    kind: CouponKind
    value: float
    title: str
    min_basket: Money
    max_discount: Money | None
    valid_from: datetime | None
    valid_until: datetime | None
    total_limit: int | None
    per_user_limit: int | None
    restaurant_id: str | None
    listed: bool
    created_at: datetime


class CouponUse(msgspec.Struct, frozen=True, kw_only=True):
    """View `coupon_use` of a coupon, or of a user's share of it. Not shown."""

    used: int


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
    delivery_address: SavedAddress | None
    pickup: bool
    note: str | None
    schedule_date: str | None
    changes: tuple[PriceChange, ...]
    created_at: datetime
    updated_at: datetime
    message: str

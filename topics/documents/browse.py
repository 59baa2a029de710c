"""Documents of what a hungry person looks at: restaurants, campaigns, meals."""

from datetime import datetime

import msgspec

from topics.contracts.restaurant_events import Busy, Pause
from topics.deciding.choosing import MealOption
from topics.values.areas import DeliveryArea
from topics.values.fields import Address, DayOff, OpenOrClosed, Personal, Weekday
from topics.values.kurus import Kurus
from topics.values.opening_hours import DEFAULT_ZONE


class Restaurant(msgspec.Struct, frozen=True, kw_only=True):
    """View `restaurant`, index `restaurants`. prep_time: minutes, the longer ones while it is busy."""

    id: str
    name: str
    description: str
    logo: str
    address: Address
    phone_number: Personal[str] | None
    email: Personal[str] | None
    status: OpenOrClosed
    opening_hours: dict[Weekday, str]
    time_zone: str = DEFAULT_ZONE
    days_off: tuple[DayOff, ...] = ()
    cuisines: tuple[str, ...]
    prep_time: int
    busy: Busy | None = None
    pause: Pause | None = None
    rating_avg: float
    rating_count: int
    delivery_fee: Kurus
    min_order_price: Kurus
    delivery_area: DeliveryArea | None = None
    pickup: bool = True
    orders_per_slot: int | None = None
    auto_accept: bool = False
    created_at: datetime
    updated_at: datetime


class RestaurantOwner(msgspec.Struct, frozen=True, kw_only=True):
    """View `restaurant_owner`, by restaurant id: not shown. By it the edge tells who may read what only an owner reads."""

    owner_id: str


class RestaurantNow(Restaurant, frozen=True, kw_only=True):
    """What clients get of a restaurant. open_now: whether it takes orders at the moment of the answer, so it is in no stored
    document."""

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


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """View `review`, index `reviews:<restaurant id>`. Who gave it is not in it. rating: 1 to 5."""

    restaurant_id: str
    rating: int
    comment: Personal[str]
    created_at: datetime


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
    """View `campaigns`: a restaurant's, also those that are over until another one starts. Each one stands in the indexes
    `campaigns:everywhere` and `campaigns:<restaurant id>`, by the moment at which it ends."""

    campaigns: tuple[Campaign, ...]


class Meal(msgspec.Struct, frozen=True, kw_only=True):
    """View `meal`, index `meals:<restaurant id>`. sold_out_until: when a meal that is not available comes back by itself."""

    id: str
    restaurant_id: str
    name: str
    description: str
    is_available: bool = msgspec.field(name="isAvailable")
    price: Kurus
    image_url: str
    cuisine: str
    complementary_ids: tuple[str, ...]
    options: tuple[MealOption, ...]
    allergens: tuple[str, ...] = ()
    diets: tuple[str, ...] = ()
    sold_out_until: datetime | None = None
    photo_id: str | None = None
    created_at: datetime
    updated_at: datetime

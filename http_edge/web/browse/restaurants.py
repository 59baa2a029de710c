"""Restaurants: everyone reads, the owner writes."""

import msgspec
from msgspec import UNSET, UnsetType, convert

from http_edge.routing.abreast import RESTAURANT_PAUSE
from http_edge.routing.asked import Asked, new, parameter
from http_edge.routing.pages import Pages
from http_edge.routing.routes import (
    CUSTOMER,
    PUBLIC,
    RESTAURANT_OWNER,
    Guard,
    Nothing,
    ViewOf,
    command,
    listing,
    shown,
    view,
)
from http_edge.web.browse.open_now import open_now
from http_edge.web.changes import named_and_cleared
from topics import keys
from topics.contracts.restaurant_commands import (
    TOPIC,
    BeBusy,
    ChangeRestaurant,
    Cuisines,
    EndBusy,
    OpeningHours,
    OpenRestaurant,
    OrdersPerSlot,
    PauseOrders,
    ResumeOrders,
)
from topics.documents.browse import RestaurantNow
from topics.values.areas import DeliveryArea
from topics.values.fields import (
    Address,
    DaysOff,
    Email,
    Id,
    Minutes,
    Name,
    OpenOrClosed,
    Phone,
    Text,
    TimeZone,
    Url,
)
from topics.values.kurus import Kurus

RESTAURANT = shown("restaurant", "restaurant")
OWNER = shown("restaurant_owner", "restaurant")


def owned(name: str) -> Guard:
    """For the owner of the restaurant that the path names."""
    return Guard(view=OWNER, key=parameter(name), owner="owner_id")


class OfRestaurant(msgspec.Struct, frozen=True, kw_only=True):
    """Query of the lists that one restaurant has a part in."""

    restaurant_id: Id | None = None


def still_on(asked: Asked) -> float:
    """`lowest` of lists by the time at which something ends: what is not over."""
    return asked.edge.clock()


def restaurant_of_body(asked: Asked) -> list[tuple[ViewOf, str]]:
    """`has_seen` of a row whose body names a restaurant."""
    return [(RESTAURANT, asked.body.restaurant_id)]


def _all(asked: Asked) -> tuple[str]:
    return (keys.RESTAURANTS,)


def _open_now(document: bytes, member: str, asked: Asked) -> bytes:
    return open_now(document, asked)


class RestaurantChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is absent stays. null takes phone number, e-mail address, delivery area or orders_per_slot away."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    logo: Url | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    phone_number: Phone | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    status: OpenOrClosed | UnsetType = UNSET
    opening_hours: OpeningHours | UnsetType = UNSET
    time_zone: TimeZone | UnsetType = UNSET
    days_off: DaysOff | UnsetType = UNSET
    cuisines: Cuisines | UnsetType = UNSET
    prep_time: Minutes | UnsetType = UNSET
    delivery_fee: Kurus | UnsetType = UNSET
    min_order_price: Kurus | UnsetType = UNSET
    delivery_area: DeliveryArea | UnsetType | None = UNSET
    pickup: bool | UnsetType = UNSET
    orders_per_slot: OrdersPerSlot | UnsetType | None = UNSET
    auto_accept: bool | UnsetType = UNSET


def _changed(asked: Asked) -> ChangeRestaurant:
    return convert(named_and_cleared(asked.body), ChangeRestaurant)


ROUTES = (
    listing(
        "/restaurants", RESTAURANT, indexes=_all, pages=Pages(default=1_000, most=1_000), who=PUBLIC,
        gives=list[RestaurantNow], item=_open_now,
        says="All restaurants, in the order in which they were opened.",
    ),
    view(
        "/restaurants/{id}", RESTAURANT, key=parameter("id"), who=PUBLIC, gives=RestaurantNow, shape=open_now,
        says="One restaurant.",
    ),
    command(
        "POST", "/restaurants", OpenRestaurant, to=TOPIC, key=new("restaurant"), who=CUSTOMER, success=201,
        pause_factor=RESTAURANT_PAUSE, gives=RestaurantNow, answers={409: "too_many_restaurants", 422: "restaurant_too_large"},
        says="Open a restaurant; the caller owns it.",
    ),
    command(
        "PUT", "/restaurants/{id}", ChangeRestaurant, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER,
        takes=RestaurantChange, make=_changed, pause_factor=RESTAURANT_PAUSE, gives=RestaurantNow,
        answers={422: "restaurant_too_large"},
        says="Change a restaurant; what is absent stays, null takes phone number, e-mail address, delivery area or"
        " orders_per_slot away.",
    ),
    command(
        "PUT", "/restaurants/{id}/busy", BeBusy, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER, gives=RestaurantNow,
        says="For some minutes meals take longer: prep_time is the longer one until then. Said again, it begins again.",
    ),
    command(
        "DELETE", "/restaurants/{id}/busy", EndBusy, to=TOPIC, takes=Nothing, key=parameter("id"), who=RESTAURANT_OWNER,
        gives=RestaurantNow, says="The usual prep_time is enough again.",
    ),
    command(
        "PUT", "/restaurants/{id}/pause", PauseOrders, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER,
        gives=RestaurantNow,
        says="For some minutes no orders are taken, but for later. Said again, it begins again.",
    ),
    command(
        "DELETE", "/restaurants/{id}/pause", ResumeOrders, to=TOPIC, takes=Nothing, key=parameter("id"),
        who=RESTAURANT_OWNER, gives=RestaurantNow, says="Orders are taken again.",
    ),
)  # fmt: skip

"""Facts that several domains keep of others, each in its own store: how the owner's events become such a copy.

Every field has a default for copies that were made before it existed; `./lezzet topics reread` makes them anew.
"""

from datetime import date, datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics.contracts import address_events, catalog_events, discount_events, restaurant_events
from topics.contracts.address_events import AddressAdded, AddressRemoved, AddressReplaced, BookErased, SavedAddress
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealRemoved, RowSettled
from topics.contracts.discount_events import (
    CouponCreated,
    OutcomeAsked,
    ShareRefused,
    ShareReserved,
    UseRefused,
    UseReleased,
    UseReserved,
)
from topics.contracts.restaurant_events import (
    Announced,
    Busy,
    CampaignBegan,
    CampaignStarted,
    FollowerAdded,
    FollowerRefused,
    FollowerRemoved,
    ModesChanged,
    RatingCounted,
    RestaurantChanged,
    RestaurantDetails,
    RestaurantOpened,
    ReviewErased,
    ReviewGiven,
    SlotAsked,
    SlotFull,
    SlotReleased,
    SlotReserved,
    prep_time,
)
from topics.deciding.choosing import PRICES, MealOption
from topics.deciding.discounting import AMOUNTS, Terms
from topics.deciding.projection import FactTable, Shown
from topics.messages.event import EventMeta
from topics.values import areas
from topics.values.areas import DeliveryArea
from topics.values.kurus import lira_before
from topics.values.opening_hours import DEFAULT_ZONE


class MealCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A meal that was removed stays, as not available: refusals to those who have it in the basket call it by its name."""

    restaurant_id: str
    name: str
    price: int
    image_url: str = ""
    is_available: bool = True
    options: tuple[MealOption, ...] = ()


class RestaurantCopy(msgspec.Struct, frozen=True, kw_only=True):
    """is_open: its owner's switch; opening_hours, time_zone, days_off: see topics/values/opening_hours.py. Amounts in kuruş.
    delivery_area: with its center; None: everywhere. auto_accept: its orders are accepted as soon as they come, with prep_time:
    minutes, the longer ones while it is busy."""

    name: str
    is_open: bool
    delivery_fee: int
    min_order_price: int
    owner_id: str = ""
    opening_hours: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    time_zone: str = DEFAULT_ZONE
    days_off: tuple[date, ...] = ()
    paused_until: datetime | None = None
    delivery_area: DeliveryArea | None = None
    pickup: bool = True
    orders_per_slot: int | None = None
    auto_accept: bool = False
    prep_time: int = 30
    busy: Busy | None = None


class CouponCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon (by its code), or a user's share of it (by `<code>:<user id>`; it has no terms)."""

    terms: Terms | None = None
    used: int = 0


class BookCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A user's addresses, by their ids."""

    addresses: dict[str, SavedAddress] = msgspec.field(default_factory=dict[str, SavedAddress])
    default_id: str | None = None


def copy_meal(before: MealCopy | None, event: catalog_events.Event, meta: EventMeta) -> Shown[MealCopy]:
    match event:
        case MealAdded() | MealChanged():
            details = event.details
            known = MealCopy(
                restaurant_id=event.restaurant_id,
                name=details.name,
                price=details.price,
                image_url=details.image_url,
                is_available=details.is_available,
                options=details.options,
            )
            return Shown(known)
        case AvailabilityChanged():
            return Shown(before and replace(before, is_available=event.is_available))
        case MealRemoved():
            return Shown(before and replace(before, is_available=False))
        case RowSettled():
            return Shown(before)
        case _:
            assert_never(event)


def copy_restaurant(
    before: RestaurantCopy | None, event: restaurant_events.Event, meta: EventMeta
) -> Shown[RestaurantCopy]:
    match event:
        case RestaurantOpened():
            return Shown(_restaurant(event.details, event.owner_id))
        case RestaurantChanged():
            return Shown(_changed(event.details, before))
        case ModesChanged(pause=pause, busy=busy):
            modes = {"paused_until": pause and pause.until, "busy": busy, "prep_time": event.prep_time}
            return Shown(before and replace(before, **modes))
        case (
            ReviewGiven()
            | ReviewErased()
            | RatingCounted()
            | SlotReserved()
            | SlotFull()
            | SlotReleased()
            | SlotAsked()
            | CampaignStarted()
            | CampaignBegan()
            | FollowerAdded()
            | FollowerRemoved()
            | FollowerRefused()
            | Announced()
        ):
            return Shown(before)
        case _:
            assert_never(event)


def _changed(details: RestaurantDetails, before: RestaurantCopy | None) -> RestaurantCopy:
    """Its owner and its modes stay."""
    if before is None:
        return _restaurant(details, "")
    now = _restaurant(details, before.owner_id)
    shown = prep_time(details, before.busy)
    return replace(now, paused_until=before.paused_until, busy=before.busy, prep_time=shown)


def _restaurant(details: RestaurantDetails, owner_id: str) -> RestaurantCopy:
    return RestaurantCopy(
        name=details.name,
        is_open=details.status == "open",
        delivery_fee=details.delivery_fee,
        min_order_price=details.min_order_price,
        owner_id=owner_id,
        opening_hours={str(day): hours for day, hours in details.opening_hours.items()},
        time_zone=details.time_zone,
        days_off=tuple(each.day for each in details.days_off),
        delivery_area=details.delivery_area and areas.placed(details.delivery_area, details.address),
        pickup=details.pickup,
        orders_per_slot=details.orders_per_slot,
        auto_accept=details.auto_accept,
        prep_time=details.prep_time,
    )


def copy_coupon(before: CouponCopy | None, event: discount_events.Event, meta: EventMeta) -> Shown[CouponCopy]:
    known = before or CouponCopy()
    match event:
        case CouponCreated():
            return Shown(CouponCopy(terms=event.terms))
        case UseReserved() | ShareReserved() | UseReleased():
            return Shown(replace(known, used=event.used))
        case UseRefused() | ShareRefused() | OutcomeAsked():
            return Shown(before)
        case _:
            assert_never(event)


def copy_book(before: BookCopy | None, event: address_events.Event, meta: EventMeta) -> Shown[BookCopy]:
    known = dict((before or BookCopy()).addresses)
    match event:
        case AddressAdded() | AddressReplaced():
            known[event.address.id] = event.address
        case AddressRemoved():
            known.pop(event.address_id, None)
        case BookErased():
            return Shown(None)
        case _:
            assert_never(event)
    return Shown(BookCopy(addresses=known, default_id=event.default_id))


MEALS = FactTable[MealCopy, catalog_events.Event](
    name="meals",
    topic=catalog_events.TOPIC,
    document=MealCopy,
    show=copy_meal,
    upcasts=(lira_before("price", *(f"options.{place}" for place in PRICES)),),
)
RESTAURANTS = FactTable[RestaurantCopy, restaurant_events.Event](
    name="restaurants",
    topic=restaurant_events.TOPIC,
    document=RestaurantCopy,
    show=copy_restaurant,
    upcasts=(lira_before("delivery_fee", "min_order_price"),),
)
COUPONS = FactTable[CouponCopy, discount_events.Event](
    name="coupons",
    topic=discount_events.TOPIC,
    document=CouponCopy,
    show=copy_coupon,
    upcasts=(lira_before(*(f"terms.{name}" for name in AMOUNTS)),),
)
BOOKS = FactTable[BookCopy, address_events.Event](
    name="books", topic=address_events.TOPIC, document=BookCopy, show=copy_book
)

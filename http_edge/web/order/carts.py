"""The caller's basket. Clients may name themselves with `user_id`; it decides nothing."""

import msgspec
from msgspec import UNSET, UnsetType, convert
from msgspec.structs import asdict

from http_edge.routing.asked import Asked, own
from http_edge.routing.routes import CUSTOMER, Nothing, OwnRow, command, listing, view
from http_edge.web.browse.meals import meal_of_body, meal_of_path
from http_edge.web.changes import named_and_cleared
from http_edge.web.order import preview
from http_edge.web.order.before_eyes import at_checkout, at_coupon
from http_edge.web.order.estimate import estimate
from http_edge.web.order.menu_now import LINES_NOW
from http_edge.web.order.orders import NEWEST, ORDER, mine
from http_edge.web.order.own_basket import BASKET, BASKET_COUPON, TOO_MUCH
from topics.contracts.basket_commands import (
    TOPIC,
    AddItem,
    ApplyCoupon,
    ChangeItem,
    Checkout,
    CheckoutWish,
    Clear,
    DropCoupon,
    RemoveItem,
)
from topics.deciding.choosing import Wishes
from topics.deciding.discounting import COUPON_CODES
from topics.documents import Done
from topics.documents.order import BasketItem, BasketItemNow, CouponPreview, Order
from topics.values.fields import CouponCode, DayOrTime, Note, Quantity


class LineChange(msgspec.Struct, frozen=True):
    """What is absent stays. null takes the note or the date away."""

    quantity: Quantity | UnsetType = UNSET
    note: Note | UnsetType | None = UNSET
    schedule_date: DayOrTime | UnsetType | None = UNSET
    options: Wishes | UnsetType = UNSET


class CouponWish(msgspec.Struct, frozen=True):
    code: CouponCode


def changed(asked: Asked) -> ChangeItem:
    return convert({**named_and_cleared(asked.body), **asked.parameters}, ChangeItem)


def _checkout(asked: Asked) -> Checkout:
    return Checkout(**asdict(asked.body), keyed=asked.idempotency_key is not None)


def _said_coupon(asked: Asked) -> str | None:
    return asked.body.coupon_code


def _applied_coupon(asked: Asked) -> str | None:
    return asked.body.code


def _apply_coupon(asked: Asked) -> ApplyCoupon:
    return ApplyCoupon(code=asked.body.code, user_id=asked.me)


CHECKOUT = command(
    "POST", "/carts/checkout", Checkout, to=TOPIC, takes=CheckoutWish, make=_checkout, key=own, who=CUSTOMER,
    gives=Order, estimate=estimate, has_seen=at_checkout, body_bytes=64 * 1024, coupon_code=_said_coupon,
    answers={
        400: (*COUPON_CODES, "basket_empty"),
        404: "address_not_found",
        409: (
            "different_restaurant", "meal_unavailable", "restaurant_closed", "restaurant_paused", "below_minimum",
            "price_changed", "schedule_conflict", "outside_delivery_area", "no_pickup", "slot_full",
            "option_unavailable", "not_in_time",
        ),
        422: ("schedule_in_past", "schedule_too_far", "address_needed", "address_not_on_map", *TOO_MUCH),
    },
    says="Order the given items, or what is in the basket. Prices come from the catalog. The same checkout again within "
    "seconds answers with the same order.",
)  # fmt: skip

ROUTES = (
    command(
        "POST", "/carts/add", AddItem, to=TOPIC, key=own, who=CUSTOMER, gives=BasketItem, has_seen=meal_of_body,
        answers={409: ("different_restaurant", "meal_unavailable", "basket_full"), 422: ("schedule_in_past", *TOO_MUCH)},
        says="Set the line of a meal: the same meal again replaces quantity, note and options.",
    ),
    view(
        "/carts/get", BASKET, key=own, who=CUSTOMER, gives=list[BasketItemNow], absent=b"[]", join=LINES_NOW,
        says="The lines of the basket as the menu has them now, with notices of what it has changed since they were set.",
    ),
    command(
        "PATCH", "/carts/update/{meal_id}", ChangeItem, to=TOPIC, takes=LineChange, make=changed, key=own, who=CUSTOMER,
        has_seen=meal_of_path, gives=BasketItem, answers={404: "not_in_basket", 422: ("schedule_in_past", *TOO_MUCH)},
        says="Change a line; what is absent stays, null takes a note or a date away.",
    ),
    command(
        "DELETE", "/carts/remove/{meal_id}", RemoveItem, to=TOPIC, takes=Nothing, key=own, who=CUSTOMER, gives=Done,
        answers={404: "not_in_basket"},
        says="Take a line out.",
    ),
    command(
        "DELETE", "/carts/clear", Clear, to=TOPIC, takes=Nothing, key=own, who=CUSTOMER, gives=Done,
        says="Empty the basket.",
    ),
    command(
        "POST", "/carts/coupon", ApplyCoupon, to=TOPIC, takes=CouponWish, make=_apply_coupon, key=own, who=CUSTOMER,
        has_seen=at_coupon, coupon_code=_applied_coupon,
        gives=CouponPreview, answers={400: COUPON_CODES},
        says="Use a coupon for the next checkout; answers what it takes off.",
    ),
    OwnRow(
        method="GET", path="/carts/coupon", who=CUSTOMER, gives=CouponPreview, handle=preview.show,
        reads=(BASKET, BASKET_COUPON), problems={404: ("not_found",)},
        says="What the basket would cost with its coupon; 404 without one.",
    ),
    command(
        "DELETE", "/carts/coupon", DropCoupon, to=TOPIC, takes=Nothing, key=own, who=CUSTOMER, gives=Done,
        says="Take the coupon out of the basket.",
    ),
    CHECKOUT,
    listing(
        "/carts/orders", ORDER, indexes=mine, newest_first=True, pages=NEWEST, who=CUSTOMER, gives=list[Order],
        says="The caller's orders, newest first.",
    ),
)  # fmt: skip

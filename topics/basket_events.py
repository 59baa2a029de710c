"""What happened to users' baskets."""

from datetime import datetime

import msgspec

from topics.fields import Money, PaymentMethod
from topics.message import Message
from topics.registry import FOREVER, Topic


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A meal in a basket. name, price, image_url, is_available: the catalog's word when the line was last set, to show
    and not to charge. id and created_at stay when the line is set again."""

    id: str
    restaurant_id: str
    meal_id: str
    quantity: int
    created_at: datetime
    name: str
    price: Money
    note: str | None = None
    schedule_date: str | None = None
    image_url: str = ""
    is_available: bool = True


class OrderedItem(msgspec.Struct, frozen=True, kw_only=True):
    """price_was: of one, when the line was put into the basket."""

    meal_id: str
    quantity: int
    note: str | None = None
    price_was: Money | None = None


class LineSet(Message, frozen=True, kw_only=True):
    """A line is new, or as it is now."""

    line: Line


class LineRemoved(Message, frozen=True, kw_only=True):
    meal_id: str


class Cleared(Message, frozen=True, kw_only=True):
    """Everything was taken out."""


class CheckedOut(Message, frozen=True, kw_only=True):
    """`cleared` are out of the basket; `items` go to the order domain, `cleared` come back should it refuse them.

    cleared_coupon: of the basket, out of it too. at: None in events from before it was kept.
    """

    order_id: str
    restaurant_id: str
    items: tuple[OrderedItem, ...]
    cleared: tuple[Line, ...]
    payment_method: PaymentMethod
    address_id: str | None = None
    note: str | None = None
    schedule_date: str | None = None
    coupon_code: str | None = None
    cleared_coupon: str | None = None
    expected_total: Money | None = None
    pickup: bool = False
    at: datetime | None = None


class CheckoutRepeated(Message, frozen=True, kw_only=True):
    """The same checkout was asked for once more: the order that there is answers."""

    order_id: str


class LinesRestored(Message, frozen=True, kw_only=True):
    """The order was refused. lines, coupon_code: what was put back; the checkout is forgotten."""

    order_id: str
    lines: tuple[Line, ...]
    coupon_code: str | None = None


class CouponApplied(Message, frozen=True, kw_only=True):
    """The next checkout uses it, unless it names another."""

    code: str


class CouponDropped(Message, frozen=True, kw_only=True):
    """The basket has no coupon any more."""


Event = LineSet | LineRemoved | Cleared | CheckedOut | CheckoutRepeated | LinesRestored | CouponApplied | CouponDropped

TOPIC = Topic(
    name="basket_events",
    messages=(
        LineSet,
        LineRemoved,
        Cleared,
        CheckedOut,
        CheckoutRepeated,
        LinesRestored,
        CouponApplied,
        CouponDropped,
    ),
    key="user id",
    producers=("basket",),
    consumers=("basket",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

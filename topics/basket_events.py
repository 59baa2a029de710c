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
    meal_id: str
    quantity: int
    note: str | None = None


class LineSet(Message, frozen=True, kw_only=True):
    """A line is new, or as it is now."""

    line: Line


class LineRemoved(Message, frozen=True, kw_only=True):
    meal_id: str


class Cleared(Message, frozen=True, kw_only=True):
    """Everything was taken out."""


class CheckedOut(Message, frozen=True, kw_only=True):
    """The basket is empty now; `items` go to the order domain, `cleared` come back should it refuse them."""

    order_id: str
    restaurant_id: str
    items: tuple[OrderedItem, ...]
    cleared: tuple[Line, ...]
    payment_method: PaymentMethod
    address_id: str | None = None
    note: str | None = None
    schedule_date: str | None = None


class LinesRestored(Message, frozen=True, kw_only=True):
    """lines: those that were put back."""

    order_id: str
    lines: tuple[Line, ...]


Event = LineSet | LineRemoved | Cleared | CheckedOut | LinesRestored

TOPIC = Topic(
    name="basket_events",
    messages=(LineSet, LineRemoved, Cleared, CheckedOut, LinesRestored),
    key="user id",
    producers=("basket",),
    consumers=("basket",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

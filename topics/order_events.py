"""What happened to orders. All amounts are lira with two decimals."""

from datetime import datetime

import msgspec

from topics.basket_events import Line
from topics.fields import Money, PaymentMethod, Sum
from topics.message import Message
from topics.registry import FOREVER, Topic


class PricedItem(msgspec.Struct, frozen=True, kw_only=True):
    """price: of one. total: price x quantity."""

    meal_id: str
    name: str
    quantity: int
    price: Money
    total: Sum
    note: str | None = None


class OrderPlaced(Message, frozen=True, kw_only=True):
    """total = subtotal - discount + delivery_fee."""

    user_id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[PricedItem, ...]
    subtotal: Sum
    discount: Sum
    delivery_fee: Money
    total: Sum
    payment_method: PaymentMethod
    placed_at: datetime
    coupon_code: str | None = None
    address_id: str | None = None
    note: str | None = None
    schedule_date: str | None = None


class OrderRefused(Message, frozen=True, kw_only=True):
    """code, detail: as the caller reads them. restore: goes back into the basket."""

    user_id: str
    code: str
    detail: str
    restore: tuple[Line, ...] = ()


Event = OrderPlaced | OrderRefused

TOPIC = Topic(
    name="order_events",
    messages=(OrderPlaced, OrderRefused),
    key="order id",
    producers=("order",),
    consumers=("order", "notification"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

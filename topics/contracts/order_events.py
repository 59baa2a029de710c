"""What happened to orders. Amounts are kuruş."""

from datetime import datetime
from typing import Any, ClassVar, Protocol

import msgspec

from topics.contracts.address_events import SavedAddress
from topics.contracts.basket_events import Line
from topics.deciding.choosing import Chosen, extra
from topics.deciding.refusals import AMOUNTS_OF_MORE
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import PaymentMethod
from topics.values.kurus import Kurus, KurusSum, lira_before


class PricedItem(msgspec.Struct, frozen=True, kw_only=True):
    """price: of one, with its options. total: price x quantity."""

    meal_id: str
    name: str
    quantity: int
    price: KurusSum
    total: KurusSum
    note: str | None = None
    options: Chosen = ()


class _Wanted(Protocol):
    @property
    def meal_id(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def note(self) -> str | None: ...


def priced_item(wanted: _Wanted, name: str, price: int, options: Chosen) -> PricedItem:
    """name, price: of the meal, without options, in kuruş."""
    of_one = price + extra(options)
    return PricedItem(
        meal_id=wanted.meal_id, name=name, quantity=wanted.quantity, price=of_one, total=of_one * wanted.quantity,
        note=wanted.note, options=options,
    )  # fmt: skip


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A meal whose price is another one than when it was put into the basket."""

    meal_id: str
    name: str
    was: KurusSum
    now: KurusSum = msgspec.field(name="is")


class OrderPlaced(Message, frozen=True, kw_only=True):
    """total = subtotal - discount + delivery_fee. delivery_address: as it was then; None where the customer picks it up.
    slot: begin of the quarter of an hour in which it counts, UTC; None: in none.

    previous_order_id: of the same user's checkout before this one.
    """

    schema_version: ClassVar[int] = 2

    user_id: str
    restaurant_id: str
    restaurant_name: str
    items: tuple[PricedItem, ...]
    subtotal: KurusSum
    discount: KurusSum
    delivery_fee: Kurus
    total: KurusSum
    payment_method: PaymentMethod
    placed_at: datetime
    coupon_code: str | None = None
    address_id: str | None = None
    note: str | None = None
    schedule_date: str | None = None
    pickup: bool = False
    delivery_address: SavedAddress | None = None
    changes: tuple[PriceChange, ...] = ()
    previous_order_id: str | None = None
    slot: datetime | None = None


class OrderDrafted(Message, frozen=True, kw_only=True):
    """All is as it should be, but for the reservations of its slot and of its coupon, in this order. restore,
    restore_coupon: as in OrderRefused. slot_limit: orders in its slot at most."""

    schema_version: ClassVar[int] = 2

    order: OrderPlaced
    restore: tuple[Line, ...] = ()
    restore_coupon: str | None = None
    slot_limit: int | None = None


class SlotHeld(Message, frozen=True, kw_only=True):
    """Its slot is reserved; now it waits for its coupon."""


class SlotReturned(Message, frozen=True, kw_only=True):
    """It came to nothing, so others may have its slot."""

    restaurant_id: str
    slot: datetime


class SlotAwaited(Message, frozen=True, kw_only=True):
    """Somebody asks again while the order waits for its slot: they are answered after it."""

    user_id: str
    restaurant_id: str
    slot: datetime


class OrderRefused(Message, frozen=True, kw_only=True):
    """code, detail, field, more: as the caller reads them. restore, restore_coupon: go back into the basket.

    previous_order_id: as in OrderPlaced.
    """

    schema_version: ClassVar[int] = 2

    user_id: str
    code: str
    detail: str
    restore: tuple[Line, ...] = ()
    restore_coupon: str | None = None
    field: str | None = None
    more: dict[str, Any] | None = None
    previous_order_id: str | None = None


class OutcomeAwaited(Message, frozen=True, kw_only=True):
    """Somebody asks again while the order waits for its coupon: they are answered after it."""

    user_id: str
    coupon_code: str


class OrderCancelled(Message, frozen=True, kw_only=True):
    """By the customer. coupon_code: whose use is given back."""

    user_id: str
    reason: str
    cancelled_at: datetime
    coupon_code: str | None = None


class OrderDelivered(Message, frozen=True, kw_only=True):
    """The restaurant says that the customer has it. From now on it can be reviewed."""

    user_id: str
    restaurant_id: str
    delivered_at: datetime


class OrderErased(Message, frozen=True, kw_only=True):
    """The account of its user is erased: notes and the delivery address are gone, and the order is shown to nobody.

    previous_order_id: of the same user's checkout before this one, which is told next.
    """

    user_id: str
    previous_order_id: str | None


Event = (
    OrderPlaced
    | OrderCancelled
    | OrderDelivered
    | OrderDrafted
    | SlotHeld
    | SlotReturned
    | SlotAwaited
    | OrderRefused
    | OutcomeAwaited
    | OrderErased
)

PLACED = (
    "items.price", "items.total", "subtotal", "discount", "delivery_fee", "total", "changes.was", "changes.is",
)  # fmt: skip
REFUSED = ("restore.price", *(f"more.{place}" for place in AMOUNTS_OF_MORE))
DRAFTED = ("restore.price", *(f"order.{place}" for place in PLACED))
"""Where amounts stand in these events: those of version 1 had them in lira."""

TOPIC = Topic(
    name="order_events",
    messages=(
        OrderPlaced,
        OrderCancelled,
        OrderDelivered,
        OrderDrafted,
        SlotHeld,
        SlotReturned,
        SlotAwaited,
        OrderRefused,
        OutcomeAwaited,
        OrderErased,
    ),
    key="order id",
    producers=("order",),
    consumers=("order", "notification", "restaurant", "payment"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=(
        Upcast(OrderPlaced, 1, lira_before(*PLACED)),
        Upcast(OrderDrafted, 1, lira_before(*DRAFTED)),
        Upcast(OrderRefused, 1, lira_before(*REFUSED)),
    ),
)

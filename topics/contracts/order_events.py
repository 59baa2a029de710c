"""What happened to orders. Amounts are kuruş."""

from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from topics.contracts.address_events import SavedAddress
from topics.contracts.basket_events import Line
from topics.deciding.choosing import Chosen, extra
from topics.deciding.refusals import AMOUNTS_OF_MORE
from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Actor, PaymentMethod, Personal, Settlement
from topics.values.kurus import Kurus, KurusSum, lira_before


class PricedItem(msgspec.Struct, frozen=True, kw_only=True):
    """price: of one, with its options. total: price x quantity."""

    meal_id: str
    name: str
    quantity: int
    price: KurusSum
    total: KurusSum
    note: Personal[str] | None = None
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

    previous_order_id: of the same user's checkout before this one. pay_by: until when the payment has to be confirmed; None:
    no payment was asked for, as before there were any. card: as in PlaceOrder. restore, restore_coupon: go back into the basket
    where the payment is refused.
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
    note: Personal[str] | None = None
    gift_note: Personal[str] | None = None
    schedule_date: str | None = None
    pickup: bool = False
    delivery_address: SavedAddress | None = None
    changes: tuple[PriceChange, ...] = ()
    previous_order_id: str | None = None
    slot: datetime | None = None
    pay_by: datetime | None = None
    card: Secret[str | None] = None
    restore: Secret[tuple[Line, ...]] = ()
    restore_coupon: Secret[str | None] = None


class OrderDrafted(Message, frozen=True, kw_only=True):
    """All is as it should be, but for the reservations of its slot and of its coupon, in this order. restore,
    restore_coupon: as in OrderRefused. slot_limit: orders in its slot at most. card: as in PlaceOrder."""

    schema_version: ClassVar[int] = 2

    order: OrderPlaced
    restore: tuple[Line, ...] = ()
    restore_coupon: str | None = None
    slot_limit: int | None = None
    card: Secret[str | None] = None


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

    previous_order_id: as in OrderPlaced. awaited: the reservation that nobody had told of; it is given back if it comes.
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
    awaited: Literal["slot", "coupon"] | None = None


class CouponReturned(Message, frozen=True, kw_only=True):
    """Its use was reserved when the order had been given up already, so it is given back."""

    user_id: str
    coupon_code: str


class OutcomeAwaited(Message, frozen=True, kw_only=True):
    """Somebody asks again while the order waits for its coupon: they are answered after it."""

    user_id: str
    coupon_code: str


class PaymentChallenged(Message, frozen=True, kw_only=True):
    """The customer's bank asks them at this URL (3-D Secure)."""

    user_id: str
    restaurant_id: str
    at: datetime
    url: str


class PaymentConfirmed(Message, frozen=True, kw_only=True):
    """The total is authorized; with cash or pos it is paid at the door."""

    user_id: str
    restaurant_id: str
    at: datetime
    method: PaymentMethod


class PaymentRefused(Message, frozen=True, kw_only=True):
    """It is not paid, so the order ends. code: the payment's. detail: for the customer."""

    user_id: str
    restaurant_id: str
    at: datetime
    code: str
    detail: str


class PaymentSettled(Message, frozen=True, kw_only=True):
    """What became of the authorized amount. amount: of this settlement. sold_at: of a refund after the customer got the order,
    when that was."""

    user_id: str
    restaurant_id: str
    at: datetime
    kind: Settlement
    amount: KurusSum
    sold_at: datetime | None = None


class BasketReturned(Message, frozen=True, kw_only=True):
    """The order ended for its payment, or its customer cancelled it: what it has of the basket goes back, if anything, and the
    basket forgets the checkout, so the same may be ordered again at once."""

    user_id: str
    restore: tuple[Line, ...]
    restore_coupon: str | None = None


class OrderScheduled(Message, frozen=True, kw_only=True):
    """It comes to the kitchen at kitchen_at, and is wanted at due_at."""

    user_id: str
    restaurant_id: str
    at: datetime
    due_at: datetime
    kitchen_at: datetime


class OrderSentToKitchen(Message, frozen=True, kw_only=True):
    """A ticket for the kitchen. due_at None: as soon as possible. expires_at: until then the restaurant answers, unless auto:
    the order is accepted for it at once. delivery: to the customer; else they pick it up."""

    user_id: str
    restaurant_id: str
    at: datetime
    restaurant_name: str
    items: tuple[PricedItem, ...]
    note: Personal[str] | None
    due_at: datetime | None
    expires_at: datetime
    delivery: bool
    payment_method: PaymentMethod
    total: KurusSum
    auto: bool = False
    gift_note: Personal[str] | None = None


class KitchenReminded(Message, frozen=True, kw_only=True):
    """The restaurant has not answered yet. expires_at: as in OrderSentToKitchen."""

    user_id: str
    restaurant_id: str
    at: datetime
    expires_at: datetime


class OrderAccepted(Message, frozen=True, kw_only=True):
    """From now on it is cooked and paid for. prep_time: minutes. delivery: as in OrderSentToKitchen."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    prep_time: int
    ready_at: datetime
    delivery: bool


class OrderPreparing(Message, frozen=True, kw_only=True):
    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor


class OrderDelayed(Message, frozen=True, kw_only=True):
    """ready_at: the new time."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    minutes: int
    reason: str
    ready_at: datetime


class OrderReady(Message, frozen=True, kw_only=True):
    """It can be fetched: by a courier (delivery), or by the customer."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    delivery: bool


class OrderOnTheWay(Message, frozen=True, kw_only=True):
    """at: when the courier took it."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    courier_id: str


class DeliveryFailed(Message, frozen=True, kw_only=True):
    """The courier brings it back: it waits to be fetched, as when it was ready. at: when the courier gave up."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    courier_id: str
    reason: str


class OrderDelivered(Message, frozen=True, kw_only=True):
    """The customer has it. From now on it can be reviewed."""

    user_id: str
    restaurant_id: str
    delivered_at: datetime
    by: Actor = "owner"


class OrderPickedUp(Message, frozen=True, kw_only=True):
    """The customer has fetched it. From now on it can be reviewed."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor


class OrderRejected(Message, frozen=True, kw_only=True):
    """The restaurant does not cook it. coupon_code: whose use is given back."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    reason: str
    coupon_code: str | None = None


class OrderExpired(Message, frozen=True, kw_only=True):
    """Nobody answered in time. coupon_code: whose use is given back."""

    user_id: str
    restaurant_id: str
    at: datetime
    by: Actor
    reason: str
    coupon_code: str | None = None


class OrderCancelled(Message, frozen=True, kw_only=True):
    """coupon_code: whose use is given back. restaurant_id is empty in events from before it was kept.

    at_restaurant: false where it ended before it was paid, so the restaurant never saw it. Events from before this was said
    have true. for_payment: the refusal of its payment led to it, which the PaymentRefused before it tells the customer.
    """

    user_id: str
    reason: Personal[str]
    cancelled_at: datetime
    coupon_code: str | None = None
    restaurant_id: str = ""
    by: Actor = "customer"
    at_restaurant: bool = True
    for_payment: bool = False


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
    | CouponReturned
    | SlotAwaited
    | OrderRefused
    | OutcomeAwaited
    | PaymentChallenged
    | PaymentConfirmed
    | PaymentRefused
    | PaymentSettled
    | BasketReturned
    | OrderScheduled
    | OrderSentToKitchen
    | KitchenReminded
    | OrderAccepted
    | OrderPreparing
    | OrderDelayed
    | OrderReady
    | OrderOnTheWay
    | DeliveryFailed
    | OrderPickedUp
    | OrderRejected
    | OrderExpired
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
        CouponReturned,
        SlotAwaited,
        OrderRefused,
        OutcomeAwaited,
        PaymentChallenged,
        PaymentConfirmed,
        PaymentRefused,
        PaymentSettled,
        BasketReturned,
        OrderScheduled,
        OrderSentToKitchen,
        KitchenReminded,
        OrderAccepted,
        OrderPreparing,
        OrderDelayed,
        OrderReady,
        OrderOnTheWay,
        DeliveryFailed,
        OrderPickedUp,
        OrderRejected,
        OrderExpired,
        OrderErased,
    ),
    key="order id",
    producers=("order",),
    consumers=("order", "notification", "restaurant", "payment", "kitchen", "courier", "analytics"),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
    upcasts=(
        Upcast(OrderPlaced, 1, lira_before(*PLACED)),
        Upcast(OrderDrafted, 1, lira_before(*DRAFTED)),
        Upcast(OrderRefused, 1, lira_before(*REFUSED)),
    ),
)

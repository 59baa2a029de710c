"""Commands to the orders. PlaceOrder comes from the basket, which the caller asked. An order waits for the
reservation of its slot, which comes from the restaurant domain, then for that of its coupon, which comes from the discount
domain. Whoever is last answers the caller. CancelOrder and DeliverOrder come from the edge."""

from typing import ClassVar

from topics.contracts.basket_events import Line, OrderedItem
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import Id, Note, PaymentMethod
from topics.values.kurus import KurusSum, lira_before


class PlaceOrder(Message, frozen=True, kw_only=True):
    """Prices are not in it: they are the catalog's. restore, restore_coupon: what goes back into the basket on a refusal.

    previous_order_id: of the same user's checkout before this one, by which an erasure finds all orders of a user.
    """

    schema_version: ClassVar[int] = 2

    user_id: Id
    restaurant_id: Id
    items: tuple[OrderedItem, ...]
    payment_method: PaymentMethod
    restore: tuple[Line, ...] = ()
    restore_coupon: str | None = None
    address_id: Id | None = None
    note: str | None = None
    schedule_date: str | None = None
    coupon_code: str | None = None
    expected_total: KurusSum | None = None
    pickup: bool = False
    previous_order_id: Id | None = None


class ConfirmSlot(Message, frozen=True, kw_only=True):
    """Its place among the orders of its quarter of an hour is reserved."""


class RefuseSlot(Message, frozen=True, kw_only=True):
    """The restaurant takes no more orders for that quarter of an hour."""


class ConfirmCoupon(Message, frozen=True, kw_only=True):
    """The coupon's use is reserved."""


class RefuseCoupon(Message, frozen=True, kw_only=True):
    """No use of the coupon is left for it. code, detail: as the caller reads them."""

    code: str
    detail: str


class TellOutcome(Message, frozen=True, kw_only=True):
    """The same checkout was asked for again: whatever became of this order is the answer."""

    user_id: Id


class CancelOrder(Message, frozen=True, kw_only=True):
    """By the customer whose order it is. reason: what they say, may be empty."""

    reason: Note = ""


class DeliverOrder(Message, frozen=True, kw_only=True):
    """By the owner of the restaurant: the customer has it."""


class EraseOrder(Message, frozen=True, kw_only=True):
    """The account of its user is erased: what no invoice needs goes, and the order before this one is told."""

    user_id: Id


Command = (
    PlaceOrder
    | ConfirmSlot
    | RefuseSlot
    | ConfirmCoupon
    | RefuseCoupon
    | TellOutcome
    | CancelOrder
    | DeliverOrder
    | EraseOrder
)

TOPIC = Topic(
    name="order_commands",
    messages=(
        PlaceOrder,
        ConfirmSlot,
        RefuseSlot,
        ConfirmCoupon,
        RefuseCoupon,
        TellOutcome,
        CancelOrder,
        DeliverOrder,
        EraseOrder,
    ),
    key="order id",
    producers=("edge", "basket", "restaurant", "discount", "order"),
    consumers=("order",),
    append_time=True,
    upcasts=(Upcast(PlaceOrder, 1, lira_before("items.price_was", "restore.price", "expected_total")),),
)

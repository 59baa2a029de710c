"""Commands to the orders, by who sends them.

PlaceOrder comes from the basket, which the caller asked. An order waits for the reservation of its slot, which comes from the
restaurant domain, then for that of its coupon, which comes from the discount domain. Whoever is last answers the caller. Then
the payment answers, the restaurant (its owner at the edge, or its kitchen system), and the courier. Timers of the order itself
come where nobody does.
"""

from typing import ClassVar

from topics.contracts.basket_events import Line, OrderedItem
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.messages.upcasting import Upcast
from topics.values.fields import (
    CardToken,
    DelayMinutes,
    Id,
    Moment,
    Note,
    PaymentMethod,
    PaymentUrl,
    Personal,
    PrepTime,
    Reason,
    Settlement,
)
from topics.values.kurus import KurusSum, lira_before


class PlaceOrder(Message, frozen=True, kw_only=True):
    """Prices are not in it: they are the catalog's. restore, restore_coupon: what goes back into the basket on a refusal.

    previous_order_id: of the same user's checkout before this one, by which an erasure finds all orders of a user.
    card: the payment provider's token; None: the customer's card on file there.
    """

    schema_version: ClassVar[int] = 2

    user_id: Id
    restaurant_id: Id
    items: tuple[OrderedItem, ...]
    payment_method: PaymentMethod
    restore: tuple[Line, ...] = ()
    restore_coupon: str | None = None
    address_id: Id | None = None
    note: Personal[str] | None = None
    gift_note: Personal[str] | None = None
    schedule_date: str | None = None
    coupon_code: str | None = None
    expected_total: KurusSum | None = None
    pickup: bool = False
    previous_order_id: Id | None = None
    card: CardToken | None = None


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


class GiveUpReservation(Message, frozen=True, kw_only=True):
    """Of a timer: nobody said whether the slot or the coupon is reserved."""


class ConfirmPayment(Message, frozen=True, kw_only=True):
    """The amount is authorized, or there is nothing to authorize before the door."""


class RefusePayment(Message, frozen=True, kw_only=True):
    """It is not paid. code: the payment's. detail: for the customer."""

    code: str
    detail: str


class ChallengePayment(Message, frozen=True, kw_only=True):
    """The customer's bank asks them at this URL (3-D Secure)."""

    url: PaymentUrl


class RecordSettlement(Message, frozen=True, kw_only=True):
    """What became of the authorized amount. amount: of this settlement; several refunds come one by one."""

    kind: Settlement
    amount: KurusSum


class GiveUpPayment(Message, frozen=True, kw_only=True):
    """Of a timer: nobody said whether it is paid."""


class ReleaseScheduled(Message, frozen=True, kw_only=True):
    """Of a timer: it is time that the kitchen begins with a scheduled order."""


class RemindKitchen(Message, frozen=True, kw_only=True):
    """Of a timer: the restaurant has not answered yet."""


class ExpireOrder(Message, frozen=True, kw_only=True):
    """Of a timer: the restaurant has not answered in time."""


class _ByRestaurant(Message, frozen=True, kw_only=True):
    """By the restaurant's owner, who is the caller; or without a caller by its kitchen system.

    restaurant_id: whose kitchen it is. None: the caller is asked about.
    """

    restaurant_id: Id | None = None


class ExpireTicket(_ByRestaurant, frozen=True, kw_only=True):
    """From the kitchen: the ticket came back unanswered."""


class AcceptOrder(_ByRestaurant, frozen=True, kw_only=True):
    """prep_time None: as long as this restaurant usually takes."""

    prep_time: PrepTime | None = None


class RejectOrder(_ByRestaurant, frozen=True, kw_only=True):
    reason: Reason


class DelayOrder(_ByRestaurant, frozen=True, kw_only=True):
    """It is ready so many minutes later than it was said before."""

    minutes: DelayMinutes
    reason: Reason


class PrepareOrder(_ByRestaurant, frozen=True, kw_only=True):
    """The kitchen has begun."""


class ReadyOrder(_ByRestaurant, frozen=True, kw_only=True):
    """It can be fetched."""


class DeliverOrder(_ByRestaurant, frozen=True, kw_only=True):
    """The customer has it: brought to them, or picked up where the order is for that."""


class PickUpOrder(_ByRestaurant, frozen=True, kw_only=True):
    """The customer has picked it up."""


class StartDelivery(Message, frozen=True, kw_only=True):
    """From the courier domain. at: when the courier took it."""

    courier_id: Id
    at: Moment


class CompleteDelivery(Message, frozen=True, kw_only=True):
    """From the courier domain. at: when the customer had it."""

    courier_id: Id
    at: Moment


class FailDelivery(Message, frozen=True, kw_only=True):
    """From the courier domain: the courier brings it back."""

    courier_id: Id
    reason: Reason
    at: Moment


class CompleteOrder(Message, frozen=True, kw_only=True):
    """Of a timer: nobody said what became of an accepted order."""


class CancelOrder(Message, frozen=True, kw_only=True):
    """By the customer whose order it is, or by the owner of the restaurant. reason: what they say, may be empty."""

    reason: Note = ""


class EraseOrder(Message, frozen=True, kw_only=True):
    """The account of its user is erased: what no invoice needs goes, and the order before this one is told."""

    user_id: Id


ByRestaurant = (
    ExpireTicket | AcceptOrder | RejectOrder | DelayOrder | PrepareOrder | ReadyOrder | DeliverOrder | PickUpOrder
)

Command = (
    PlaceOrder
    | ConfirmSlot
    | RefuseSlot
    | ConfirmCoupon
    | RefuseCoupon
    | TellOutcome
    | GiveUpReservation
    | ConfirmPayment
    | RefusePayment
    | ChallengePayment
    | RecordSettlement
    | GiveUpPayment
    | ReleaseScheduled
    | RemindKitchen
    | ExpireOrder
    | ExpireTicket
    | AcceptOrder
    | RejectOrder
    | DelayOrder
    | PrepareOrder
    | ReadyOrder
    | DeliverOrder
    | PickUpOrder
    | StartDelivery
    | CompleteDelivery
    | FailDelivery
    | CompleteOrder
    | CancelOrder
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
        GiveUpReservation,
        ConfirmPayment,
        RefusePayment,
        ChallengePayment,
        RecordSettlement,
        GiveUpPayment,
        ReleaseScheduled,
        RemindKitchen,
        ExpireOrder,
        ExpireTicket,
        AcceptOrder,
        RejectOrder,
        DelayOrder,
        PrepareOrder,
        ReadyOrder,
        DeliverOrder,
        PickUpOrder,
        StartDelivery,
        CompleteDelivery,
        FailDelivery,
        CompleteOrder,
        CancelOrder,
        EraseOrder,
    ),
    key="order id",
    producers=("edge", "basket", "restaurant", "discount", "payment", "kitchen", "courier", "order"),
    consumers=("order",),
    append_time=True,
    upcasts=(Upcast(PlaceOrder, 1, lira_before("items.price_was", "restore.price", "expected_total")),),
)

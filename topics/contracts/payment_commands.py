"""Commands to a payment; one payment an order. From the order domain, from the restaurant's owner, and from payment itself,
which says what the provider has told, as an answer or by its callback. Amounts are kuruş."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import CardToken, Id, PaymentMethod, Reason, Url
from topics.values.kurus import KurusPart, KurusSum

ProviderStatus = Literal["pending", "challenged", "authorized", "declined", "captured", "voided"]
"""What the provider says of a payment. pending: its answer comes later, by callback."""

ProviderCode = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9_]*(?!\n)$")]

ProviderAmount = Annotated[int, Meta(ge=0, le=10**14)]
"""Kuruş, also at the edge: the provider counts like we do."""

Operation = Literal["authorize", "capture", "refund"]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The payment as the provider has it, whole; amounts are sums so far.

    reference: the order's id. sequence: counted up by the provider with every change, so what is told late or twice is known.
    code: why it was declined. url: where the customer answers the bank's challenge.
    """

    reference: Id
    sequence: Annotated[int, Meta(ge=1)]
    status: ProviderStatus
    amount: ProviderAmount
    captured: ProviderAmount = 0
    refunded: ProviderAmount = 0
    code: ProviderCode = ""
    url: Url = ""


class Authorize(Message, frozen=True, kw_only=True):
    """card: None where the customer's card on file at the provider is asked."""

    user_id: Id
    restaurant_id: Id
    amount: KurusSum
    method: PaymentMethod
    card: CardToken | None = None


class Capture(Message, frozen=True, kw_only=True):
    """Takes all that was authorized. What is paid at the door is taken there."""


class Void(Message, frozen=True, kw_only=True):
    """Nothing is to be paid any more: what is held is given free, and what was taken is paid back."""

    reason: str = ""


class Refund(Message, frozen=True, kw_only=True):
    """amount: None is all that is left, as in Void."""

    amount: KurusSum | None = None
    reason: str = ""


class RefundCustomer(Message, frozen=True, kw_only=True):
    """By the owner of the restaurant: a part of what was taken is paid back, or the rest of it (amount None)."""

    reason: Reason
    amount: KurusPart | None = None


class SettleAtDoor(Message, frozen=True, kw_only=True):
    """The courier has the money, in cash or by the card reader."""


class RecordReport(Message, frozen=True, kw_only=True):
    """What the provider says of the payment: the answer to a request, or a callback."""

    report: Report


class RecordRefusal(Message, frozen=True, kw_only=True):
    """The provider never does what was asked. amount: of the refund that it refuses."""

    operation: Operation
    code: ProviderCode
    amount: KurusSum = 0


class GiveUpAuthorization(Message, frozen=True, kw_only=True):
    """Of a timer: nobody has said in time whether it can be paid."""


class ErasePayment(Message, frozen=True, kw_only=True):
    """The account of its user is erased: it is shown to nobody any more."""


Command = (
    Authorize
    | Capture
    | Void
    | Refund
    | RefundCustomer
    | SettleAtDoor
    | RecordReport
    | RecordRefusal
    | GiveUpAuthorization
    | ErasePayment
)

TOPIC = Topic(
    name="payment_commands",
    messages=(
        Authorize,
        Capture,
        Void,
        Refund,
        RefundCustomer,
        SettleAtDoor,
        RecordReport,
        RecordRefusal,
        GiveUpAuthorization,
        ErasePayment,
    ),
    key="order id",
    producers=("order", "edge", "payment"),
    consumers=("payment",),
    append_time=True,
)

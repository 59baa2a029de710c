"""What happened to payments; the key is the order. Amounts are kuruş.

Events that move money hold the entries of the ledger: see topics/values/ledger.py.
"""

from datetime import datetime
from typing import Literal

from topics.messages.message import Message, Secret
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import CardToken, PaymentMethod
from topics.values.kurus import KurusSum
from topics.values.ledger import Entry

PaymentStatus = Literal[
    "requested", "challenged", "authorized", "captured", "voided", "partly_refunded", "refunded", "declined", "failed",
    "at_the_door",
]  # fmt: skip
PaymentCode = Literal[
    "card_declined", "insufficient_funds", "authentication_failed", "card_unknown", "payment_timed_out", "capture_refused",
    "refund_refused",
]  # fmt: skip


class AuthorizationRequested(Message, frozen=True, kw_only=True):
    """The provider is to be asked. card: kept in the state until it is, and on no topic of events."""

    user_id: str
    restaurant_id: str
    amount: KurusSum
    method: PaymentMethod
    at: datetime
    card: Secret[CardToken | None] = None


class AuthorizationPending(Message, frozen=True, kw_only=True):
    """The provider was asked, and answers later. sequence: as in Report, here and below."""

    sequence: int


class AuthorizationChallenged(Message, frozen=True, kw_only=True):
    """The bank wants the customer to prove who they are (3-D Secure), at the url."""

    url: str
    at: datetime
    sequence: int


class AuthorizationGranted(Message, frozen=True, kw_only=True):
    """The amount is held on the customer's card."""

    amount: KurusSum
    at: datetime
    sequence: int


class AuthorizationDeclined(Message, frozen=True, kw_only=True):
    code: PaymentCode
    at: datetime
    sequence: int


class AuthorizationGivenUp(Message, frozen=True, kw_only=True):
    """Nobody has said in time whether it can be paid. What the provider may hold all the same is given free."""

    at: datetime


class NothingDue(Message, frozen=True, kw_only=True):
    """An order that costs nothing: nobody is asked."""

    user_id: str
    restaurant_id: str
    method: PaymentMethod
    at: datetime


class DueAtDoor(Message, frozen=True, kw_only=True):
    """To be paid in cash or by the courier's card reader."""

    user_id: str
    restaurant_id: str
    amount: KurusSum
    method: PaymentMethod
    at: datetime


class SettledAtDoor(Message, frozen=True, kw_only=True):
    amount: KurusSum
    entries: tuple[Entry, ...]
    at: datetime


class CaptureRequested(Message, frozen=True, kw_only=True):
    amount: KurusSum


class AmountCaptured(Message, frozen=True, kw_only=True):
    amount: KurusSum
    entries: tuple[Entry, ...]
    at: datetime
    sequence: int


class CaptureRefused(Message, frozen=True, kw_only=True):
    """The bank does not pay what it had promised."""

    code: PaymentCode
    at: datetime


class ReversalWanted(Message, frozen=True, kw_only=True):
    """Nothing is to be paid any more while a capture is under way: what it takes is paid back."""

    reason: str


class VoidRequested(Message, frozen=True, kw_only=True):
    """The provider is to give free what it holds."""

    reason: str


class HoldReleased(Message, frozen=True, kw_only=True):
    """Nothing is held, and nothing was taken. amount: that was to be paid."""

    amount: KurusSum
    at: datetime
    sequence: int


class RefundRequested(Message, frozen=True, kw_only=True):
    """A part of what was taken is to be paid back."""

    amount: KurusSum
    reason: str


class AmountRefunded(Message, frozen=True, kw_only=True):
    amount: KurusSum
    entries: tuple[Entry, ...]
    at: datetime
    sequence: int


class RefundRefused(Message, frozen=True, kw_only=True):
    """The provider does not pay it back: somebody has to look."""

    amount: KurusSum
    code: PaymentCode
    at: datetime


class PaymentErased(Message, frozen=True, kw_only=True):
    """The account of its user is erased. Amounts and entries stay, for the books; the provider forgets the user's card."""

    user_id: str


Event = (
    AuthorizationRequested
    | AuthorizationPending
    | AuthorizationChallenged
    | AuthorizationGranted
    | AuthorizationDeclined
    | AuthorizationGivenUp
    | NothingDue
    | DueAtDoor
    | SettledAtDoor
    | CaptureRequested
    | AmountCaptured
    | CaptureRefused
    | ReversalWanted
    | VoidRequested
    | HoldReleased
    | RefundRequested
    | AmountRefunded
    | RefundRefused
    | PaymentErased
)

TOPIC = Topic(
    name="payment_events",
    messages=(
        AuthorizationRequested,
        AuthorizationPending,
        AuthorizationChallenged,
        AuthorizationGranted,
        AuthorizationDeclined,
        AuthorizationGivenUp,
        NothingDue,
        DueAtDoor,
        SettledAtDoor,
        CaptureRequested,
        AmountCaptured,
        CaptureRefused,
        ReversalWanted,
        VoidRequested,
        HoldReleased,
        RefundRequested,
        AmountRefunded,
        RefundRefused,
        PaymentErased,
    ),
    key="order id",
    producers=("payment",),
    consumers=("payment",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

"""The state of a payment, and how events change it."""

from collections.abc import Iterable
from typing import assert_never

import msgspec
from msgspec.structs import replace

from topics.contracts.payment_events import (
    AmountCaptured,
    AmountRefunded,
    AuthorizationChallenged,
    AuthorizationDeclined,
    AuthorizationGivenUp,
    AuthorizationGranted,
    AuthorizationPending,
    AuthorizationRequested,
    CaptureRefused,
    CaptureRequested,
    DueAtDoor,
    Event,
    HoldReleased,
    NothingDue,
    PaymentErased,
    PaymentStatus,
    RefundRefused,
    RefundRequested,
    ReversalWanted,
    SettledAtDoor,
    VoidRequested,
)
from topics.values.fields import CardToken, PaymentMethod
from topics.values.ledger import Account, Entry


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """status None: there is none yet. Amounts in kuruş; captured, refunded: sums so far. refunding: asked for and not known.
    refunds: how many parts were asked for, or given back at the door.

    sequence: of the newest report of the provider; 0: it has said nothing. card: until the provider is asked.
    capturing, voiding: asked for and not known. reversal: why nothing is to be paid any more, while a capture is under way.
    balances: of the ledger, as far as this order is concerned. erased: the account of its user is no more.
    """

    status: PaymentStatus | None = None
    user_id: str = ""
    restaurant_id: str = ""
    method: PaymentMethod = "cash"
    amount: int = 0
    captured: int = 0
    refunded: int = 0
    refunding: int = 0
    refunds: int = 0
    sequence: int = 0
    card: CardToken | None = None
    capturing: bool = False
    voiding: bool = False
    reversal: str | None = None
    balances: dict[Account, int] = msgspec.field(default_factory=dict[Account, int])
    erased: bool = False

    @property
    def is_open(self) -> bool:
        """Nobody knows yet whether it can be paid."""
        return self.status in ("requested", "challenged")

    @property
    def awaits_asking(self) -> bool:
        """The provider has not answered yet, and its answer is still wanted."""
        return self.status == "requested" and self.sequence == 0 and not self.voiding

    @property
    def left(self) -> int:
        """Of what was taken: not paid back, and not about to be."""
        return self.captured - self.refunded - self.refunding


def evolve(payment: Payment, event: Event) -> Payment:
    match event:
        case AuthorizationRequested() | DueAtDoor() | NothingDue():
            return _begun(event)
        case AuthorizationPending(sequence=sequence):
            return replace(payment, sequence=sequence, card=None)
        case AuthorizationChallenged(sequence=sequence):
            return replace(payment, status="challenged", sequence=sequence, card=None)
        case AuthorizationGranted(sequence=sequence):
            return replace(payment, status="authorized", sequence=sequence, card=None)
        case AuthorizationDeclined(sequence=sequence):
            return replace(payment, status="declined", sequence=sequence, card=None)
        case AuthorizationGivenUp():
            return replace(payment, status="failed", card=None)
        case CaptureRequested():
            return replace(payment, capturing=True)
        case AmountCaptured(amount=amount, entries=entries, sequence=sequence):
            taken = replace(payment, status="captured", captured=amount, capturing=False, sequence=sequence)
            return _booked(taken, entries)
        case SettledAtDoor(amount=amount, entries=entries):
            return _booked(replace(payment, status="captured", captured=amount), entries)
        case CaptureRefused():
            return replace(payment, status="failed", capturing=False)
        case ReversalWanted(reason=reason):
            return replace(payment, reversal=reason)
        case VoidRequested():
            return replace(payment, voiding=True, capturing=False, reversal=None, card=None)
        case HoldReleased(sequence=sequence):
            status = "failed" if payment.status == "failed" else "voided"
            return replace(payment, status=status, voiding=False, sequence=sequence, card=None)
        case RefundRequested(amount=amount):
            return replace(payment, refunding=payment.refunding + amount, refunds=payment.refunds + 1, reversal=None)
        case AmountRefunded(amount=amount, entries=entries, sequence=sequence):
            return _booked(_paid_back(_counted(payment), amount, sequence), entries)
        case RefundRefused(amount=amount):
            return replace(payment, refunding=max(0, payment.refunding - amount))
        case PaymentErased():
            return replace(payment, erased=True)
        case _:
            assert_never(event)


def _begun(event: AuthorizationRequested | DueAtDoor | NothingDue) -> Payment:
    begun = Payment(user_id=event.user_id, restaurant_id=event.restaurant_id, method=event.method)
    match event:
        case AuthorizationRequested(amount=amount, card=card):
            return replace(begun, status="requested", amount=amount, card=card)
        case DueAtDoor(amount=amount):
            return replace(begun, status="at_the_door", amount=amount)
        case NothingDue():
            return replace(begun, status="authorized")
        case _:
            assert_never(event)


def _counted(payment: Payment) -> Payment:
    """What is given back at the door was not asked for before: it counts as a part now."""
    return payment if payment.method == "credit_card" else replace(payment, refunds=payment.refunds + 1)


def _paid_back(payment: Payment, amount: int, sequence: int) -> Payment:
    refunded = payment.refunded + amount
    status: PaymentStatus = "refunded" if refunded == payment.captured else "partly_refunded"
    refunding = max(0, payment.refunding - amount)
    return replace(payment, status=status, refunded=refunded, refunding=refunding, sequence=sequence)


def _booked(payment: Payment, entries: Iterable[Entry]) -> Payment:
    balances = dict(payment.balances)
    for entry in entries:
        balances[entry.account] = balances.get(entry.account, 0) + entry.amount
    return replace(payment, balances=balances)

"""What customers see of their payments."""

from typing import assert_never

from msgspec.structs import replace

from agents.payment.words import DETAILS
from topics.contracts import payment_events
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
    PaymentCode,
    PaymentErased,
    PaymentStatus,
    RefundRefused,
    RefundRequested,
    ReversalWanted,
    SettledAtDoor,
    VoidRequested,
)
from topics.deciding.projection import Shown, View
from topics.documents.payment import Failure, Payment
from topics.messages.event import EventMeta


def show(before: Payment | None, event: Event, meta: EventMeta) -> Shown[Payment]:
    if isinstance(event, AuthorizationRequested | DueAtDoor | NothingDue):
        return Shown(_begun(event, meta))
    return Shown(before and _shown(before, event, meta))


def _begun(event: AuthorizationRequested | DueAtDoor | NothingDue, meta: EventMeta) -> Payment:
    status: dict[type, PaymentStatus] = {AuthorizationRequested: "requested", DueAtDoor: "at_the_door"}
    return Payment(
        order_id=meta.aggregate_id,
        user_id=event.user_id,
        restaurant_id=event.restaurant_id,
        method=event.method,
        status=status.get(type(event), "authorized"),
        amount=0 if isinstance(event, NothingDue) else event.amount,
        captured=0,
        refunded=0,
        payment_url=None,
        failure=None,
        created_at=event.at,
        updated_at=event.at,
    )


def _shown(before: Payment, event: Event, meta: EventMeta) -> Payment | None:
    known = replace(before, updated_at=meta.at)
    match event:
        case AuthorizationChallenged(url=url):
            return replace(known, status="challenged", payment_url=url)
        case AuthorizationGranted():
            return replace(known, status="authorized", payment_url=None)
        case AuthorizationDeclined(code=code):
            return _failed(known, "declined", code)
        case AuthorizationGivenUp():
            return _failed(known, "failed", "payment_timed_out")
        case CaptureRefused(code=code):
            return _failed(known, "failed", code)
        case AmountCaptured(amount=amount) | SettledAtDoor(amount=amount):
            return replace(known, status="captured", captured=amount)
        case HoldReleased():
            return known if before.status == "failed" else replace(known, status="voided", payment_url=None)
        case AmountRefunded(amount=amount):
            refunded = before.refunded + amount
            whole = refunded == before.captured
            return replace(known, status="refunded" if whole else "partly_refunded", refunded=refunded)
        case RefundRefused(code=code):
            return replace(known, failure=Failure(code=code, detail=DETAILS[code]))
        case AuthorizationPending() | CaptureRequested() | ReversalWanted() | VoidRequested() | RefundRequested():
            return before
        case AuthorizationRequested() | DueAtDoor() | NothingDue():
            return before
        case PaymentErased():
            return None
        case _:
            assert_never(event)


def _failed(known: Payment, status: PaymentStatus, code: PaymentCode) -> Payment:
    failure = Failure(code=code, detail=DETAILS[code])
    return replace(known, status=status, payment_url=None, failure=failure)


PAYMENT = View[Payment, Event](name="payment", topic=payment_events.TOPIC, document=Payment, show=show)

"""The order is told each outcome of its payment once. Intake: an order whose user is erased has its payment shown to nobody."""

from collections.abc import Iterable

from agents.payment.payment import Payment
from agents.payment.words import DETAILS
from topics.contracts import order_commands, order_events, payment_commands
from topics.contracts.order_commands import ChallengePayment, ConfirmPayment, RecordSettlement, RefusePayment
from topics.contracts.order_events import OrderErased
from topics.contracts.payment_commands import ErasePayment
from topics.contracts.payment_events import (
    AmountCaptured,
    AmountRefunded,
    AuthorizationChallenged,
    AuthorizationDeclined,
    AuthorizationGivenUp,
    AuthorizationGranted,
    CaptureRefused,
    DueAtDoor,
    Event,
    HoldReleased,
    NothingDue,
    PaymentCode,
    SettledAtDoor,
)
from topics.deciding.decision import Origin, Send
from topics.messages.event import EventMeta
from topics.messages.message import Message


def react(event: Event, meta: EventMeta, payment: Payment) -> Iterable[Send]:
    told = _told(event, payment)
    if told is not None:
        yield Send(order_commands.TOPIC, meta.aggregate_id, told)


def _told(event: Event, payment: Payment) -> Message | None:
    match event:
        case AuthorizationGranted() | DueAtDoor() | NothingDue():
            return ConfirmPayment()
        case AuthorizationChallenged(url=url):
            return ChallengePayment(url=url)
        case AuthorizationDeclined(code=code) | CaptureRefused(code=code):
            return _refused(code)
        case AuthorizationGivenUp():
            return _refused("payment_timed_out")
        case AmountCaptured(amount=amount) | SettledAtDoor(amount=amount):
            return RecordSettlement(kind="captured", amount=amount)
        case AmountRefunded(amount=amount):
            return RecordSettlement(kind="refunded", amount=amount)
        case HoldReleased(amount=amount) if payment.status == "voided":
            return RecordSettlement(kind="voided", amount=amount)
        case _:
            return None  # what is asked for, or not known yet; and a payment that failed was refused before


def _refused(code: PaymentCode) -> RefusePayment:
    return RefusePayment(code=code, detail=DETAILS[code])


def erase(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, OrderErased) and origin.aggregate_id is not None:
        yield Send(payment_commands.TOPIC, origin.aggregate_id, ErasePayment())

"""What a payment may do. Pure: the provider is asked by the effect of the events, and what it says comes back as a command.

Whatever a payment is asked once is true once, however often and in whatever order the provider tells it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, assert_never

from agents.payment.facts import Facts
from agents.payment.payment import Payment, evolve
from agents.payment.reports import GIVE_UP, recorded, refused
from topics.contracts.payment_commands import (
    Authorize,
    Capture,
    Command,
    ErasePayment,
    GiveUpAuthorization,
    RecordRefusal,
    RecordReport,
    Refund,
    RefundCustomer,
    SettleAtDoor,
    Void,
)
from topics.contracts.payment_events import (
    AmountCaptured,
    AmountRefunded,
    AuthorizationGivenUp,
    AuthorizationRequested,
    CaptureRequested,
    DueAtDoor,
    Event,
    HoldReleased,
    NothingDue,
    PaymentErased,
    RefundRequested,
    ReversalWanted,
    SettledAtDoor,
    VoidRequested,
)
from topics.copies import RESTAURANTS
from topics.deciding.decision import Context, Decider, Decision, Timer, accept, reject
from topics.documents.payment import RefundAsked
from topics.values.kurus import lira
from topics.values.ledger import refund, sale

PATIENCE = timedelta(minutes=10)
"""In which the provider, the bank and the customer have to say whether it can be paid."""
REFUNDS = 20
"""In parts, of one payment, those that the bank refuses too. What the order takes back is not bounded by it."""


def decide(command: Command, payment: Payment, facts: Facts, context: Context) -> Decision[Event]:
    if isinstance(command, Authorize):
        return _authorize(command, payment, context)
    if payment.status is None:
        return accept() if isinstance(command, ErasePayment) else _no_such(command)
    match command:
        case Capture():
            return _capture(payment, context)
        case Void(reason=reason):
            return _take_back(payment, reason, context)
        case Refund(amount=amount, reason=reason):
            return _take_back(payment, reason, context) if amount is None else _refund(payment, amount, reason, context)
        case RefundCustomer():
            return _refund_customer(command, payment, facts, context)
        case SettleAtDoor():
            return _settle(payment, context)
        case RecordReport(report=report):
            return recorded(report, payment, context)
        case RecordRefusal():
            return refused(command, payment, context)
        case GiveUpAuthorization():
            return _give_up(payment, context)
        case ErasePayment():
            return accept() if payment.erased else accept(PaymentErased(user_id=payment.user_id))
        case _:
            assert_never(command)


def _authorize(command: Authorize, payment: Payment, context: Context) -> Decision[Event]:
    """One payment an order: whoever asks again, by doubt, has what there is."""
    if payment.status is not None:
        return accept()
    about: dict[str, Any] = {
        "user_id": command.user_id,
        "restaurant_id": command.restaurant_id,
        "method": command.method,
    }
    if command.amount == 0:
        return accept(NothingDue(**about, at=context.now))
    if command.method != "credit_card":
        return accept(DueAtDoor(**about, amount=command.amount, at=context.now))
    asked = AuthorizationRequested(**about, amount=command.amount, card=command.card, at=context.now)
    return accept(asked, timers=(Timer(GIVE_UP, context.now + PATIENCE, GiveUpAuthorization()),))


def _capture(payment: Payment, context: Context) -> Decision[Event]:
    match payment.status:
        case "authorized" if payment.voiding:
            return _over(payment)
        case "authorized" if payment.amount == 0:
            return accept(AmountCaptured(amount=0, entries=(), at=context.now, sequence=0))
        case "authorized":
            return accept() if payment.capturing else accept(CaptureRequested(amount=payment.amount))
        case "at_the_door" | "captured" | "partly_refunded" | "refunded":
            return accept()
        case _:
            return _over(payment)


def _over(payment: Payment) -> Decision[Event]:
    detail = f"nothing can be taken, this payment is {payment.status}"
    return reject("not_authorized", detail, more={"payment_status": payment.status})


def _take_back(payment: Payment, reason: str, context: Context) -> Decision[Event]:
    """Nothing is to be paid any more, whatever there is now."""
    if payment.voiding or payment.reversal is not None:
        return accept()
    match payment.status:
        case "requested" | "challenged":
            return accept(VoidRequested(reason=reason), cancels=(GIVE_UP,))
        case "authorized" if payment.capturing:
            return accept(ReversalWanted(reason=reason))
        case "authorized" if payment.amount:
            return accept(VoidRequested(reason=reason))
        case "authorized" | "at_the_door":
            return accept(HoldReleased(amount=payment.amount, at=context.now, sequence=0))
        case "captured" | "partly_refunded" if payment.method == "credit_card" and payment.left:
            return accept(RefundRequested(amount=payment.left, reason=reason))
        case _:
            return accept()


def _refund(payment: Payment, amount: int, reason: str, context: Context) -> Decision[Event]:
    """A part of what was taken. What was paid at the door was given back there, by hand or by the card reader: it is booked."""
    status = {"payment_status": payment.status}
    if payment.left == 0:
        return reject(
            "nothing_to_refund", f"there is nothing to pay back, the payment is {payment.status}", more=status
        )
    if payment.refunds >= REFUNDS:
        return reject("too_many_refunds", f"a payment is paid back in {REFUNDS} parts at most", more=status)
    if not 0 < amount <= payment.left:
        detail = f"at most {lira(payment.left)} TL can be paid back"
        return reject("amount_above_capture", detail, field="amount", more=status)
    if payment.method == "credit_card":
        return _refunding(payment, RefundRequested(amount=amount, reason=reason))
    entries = refund(amount, payment.method)
    return _refunding(
        payment, AmountRefunded(amount=amount, entries=entries, at=context.now, sequence=payment.sequence)
    )


def _refund_customer(command: RefundCustomer, payment: Payment, facts: Facts, context: Context) -> Decision[Event]:
    restaurant = facts.restaurants.get(payment.restaurant_id)
    if restaurant is None or restaurant.owner_id != context.caller:
        return _no_such(command)
    return _refund(payment, payment.left if command.amount is None else command.amount, command.reason, context)


def _no_such(command: Command) -> Decision[Event]:
    """Whoever refunds is told the same of an order that is not there and of one that is another's."""
    said = "your restaurants have no such order" if isinstance(command, RefundCustomer) else "there is no such payment"
    return reject("not_found", said)


def _refunding(payment: Payment, event: RefundRequested | AmountRefunded) -> Decision[Event]:
    after = evolve(payment, event)
    answer = RefundAsked(
        amount=event.amount, captured=after.captured, refunded=after.refunded, refunding=after.refunding
    )
    return accept(event, answer=answer)


def _settle(payment: Payment, context: Context) -> Decision[Event]:
    if payment.status == "at_the_door":
        entries = sale(payment.amount, payment.method)
        return accept(SettledAtDoor(amount=payment.amount, entries=entries, at=context.now))
    return _capture(payment, context)


def _give_up(payment: Payment, context: Context) -> Decision[Event]:
    if not payment.is_open or payment.voiding:
        return accept()
    return accept(AuthorizationGivenUp(at=context.now), VoidRequested(reason="payment_timed_out"))


def needs(command: Command, payment: Payment) -> Iterable[tuple[str, str]]:
    if isinstance(command, RefundCustomer) and payment.status is not None:
        yield RESTAURANTS.name, payment.restaurant_id


DECIDER = Decider[Command, Event, Payment, Facts](
    state=Payment, decide=decide, evolve=evolve, facts=Facts, fact_tables=(RESTAURANTS,), needs=needs
)

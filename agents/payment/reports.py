"""What becomes of a payment when the provider says how it stands. Pure.

A report is the whole payment as the provider has it, with a number that grows. One that is not newer than what is known was
told twice or late, and changes nothing. A newer one leads to what is new in it, also where reports between them never came.
"""

from agents.payment.payment import Payment
from topics.contracts.payment_commands import RecordRefusal, Report
from topics.contracts.payment_events import (
    AmountCaptured,
    AmountRefunded,
    AuthorizationChallenged,
    AuthorizationDeclined,
    AuthorizationGranted,
    AuthorizationPending,
    CaptureRefused,
    Event,
    HoldReleased,
    PaymentCode,
    RefundRefused,
    RefundRequested,
    VoidRequested,
)
from topics.deciding.decision import Context, Decision, accept, reject
from topics.documents import Done
from topics.values import ledger

GIVE_UP = "authorization"
"""Timer, until it is known whether it can be paid."""
NOTED = Done(message="It is noted.")

_DECLINED: dict[str, PaymentCode] = {
    "insufficient_funds": "insufficient_funds",
    "authentication_failed": "authentication_failed",
    "card_unknown": "card_unknown",
}


def recorded(report: Report, payment: Payment, context: Context) -> Decision[Event]:
    if not _fits(report, payment, context):
        return reject(
            "report_differs", "this is not the payment that was asked for", more={"payment_status": payment.status}
        )
    events = _news(report, payment, context) if report.sequence > payment.sequence else ()
    known = events and report.status in ("authorized", "declined")
    return accept(*events, answer=NOTED, cancels=(GIVE_UP,) if known else ())


def _fits(report: Report, payment: Payment, context: Context) -> bool:
    """A payment of which the provider heard only that it is void has no amount there."""
    if payment.method != "credit_card" or report.reference != context.aggregate_id:
        return False
    if report.status == "voided":
        return report.amount in (0, payment.amount)
    taken = payment.amount if report.status == "captured" else 0
    return report.amount == payment.amount and report.captured == taken and report.refunded <= report.captured


def _news(report: Report, payment: Payment, context: Context) -> tuple[Event, ...]:
    now, sequence = context.now, report.sequence
    waits = payment.is_open and not payment.voiding
    match report.status:
        case "pending" if payment.status == "requested" and waits:
            return (AuthorizationPending(sequence=sequence),)
        case "challenged" if payment.status == "requested" and waits:
            return (AuthorizationChallenged(url=report.url, at=now, sequence=sequence),)
        case "authorized" if waits:
            return (AuthorizationGranted(amount=report.amount, at=now, sequence=sequence),)
        case "declined" if waits:
            return (AuthorizationDeclined(code=_declined(report.code), at=now, sequence=sequence),)
        case "declined" | "voided" if payment.voiding:
            return (HoldReleased(amount=payment.amount, at=now, sequence=sequence),)
        case "captured":
            return _money(report, payment, context)
        case _:
            return ()  # of a payment that is to be void: that will be told, too


def _money(report: Report, payment: Payment, context: Context) -> tuple[Event, ...]:
    now, sequence, found = context.now, report.sequence, list[Event]()
    if payment.capturing:
        entries = ledger.sale(report.captured, payment.method)
        found.append(AmountCaptured(amount=report.captured, entries=entries, at=now, sequence=sequence))
        if payment.reversal is not None:
            found.append(RefundRequested(amount=report.captured, reason=payment.reversal))
    more = report.refunded - payment.refunded
    if more > 0 and (payment.captured or payment.capturing):
        found.append(
            AmountRefunded(amount=more, entries=ledger.refund(more, payment.method), at=now, sequence=sequence)
        )
    return tuple(found)


def refused(command: RecordRefusal, payment: Payment, context: Context) -> Decision[Event]:
    match command.operation:
        case "authorize" if payment.is_open and not payment.voiding:
            code = _declined(command.code)
            declined = AuthorizationDeclined(code=code, at=context.now, sequence=payment.sequence)
            return accept(declined, cancels=(GIVE_UP,))
        case "capture" if payment.reversal is not None:
            return accept(VoidRequested(reason=payment.reversal))
        case "capture" if payment.capturing:
            lost = CaptureRefused(code="capture_refused", at=context.now)
            return accept(lost, VoidRequested(reason="capture_refused"))
        case "refund" if payment.refunding:
            return accept(RefundRefused(amount=command.amount, code="refund_refused", at=context.now))
        case _:
            return accept()


def _declined(code: str) -> PaymentCode:
    """In our words: what the provider says may be anything."""
    return _DECLINED.get(code, "card_declined")

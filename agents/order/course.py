"""What is shown of an order besides what was ordered: where it stands, its payment, its times. The state keeps it for answers,
the view shows it; both take each event's changes from here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from topics.contracts.order_events import (
    BasketReturned,
    CouponReturned,
    DeliveryFailed,
    Event,
    KitchenReminded,
    OrderAccepted,
    OrderCancelled,
    OrderDelayed,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
    OrderPreparing,
    OrderReady,
    OrderRefused,
    OrderRejected,
    OrderScheduled,
    OrderSentToKitchen,
    OutcomeAwaited,
    PaymentChallenged,
    PaymentConfirmed,
    PaymentRefused,
    PaymentSettled,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.values.fields import OrderStatus, PaymentStatus, Personal
from topics.values.kurus import KurusSum


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of the document `Order` (topics/documents/order.py)."""

    status: OrderStatus
    updated_at: datetime
    payment_status: PaymentStatus | None = None
    refunded: KurusSum = 0
    payment_url: str | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    ready_at: datetime | None = None
    courier_id: str | None = None
    reason: Personal[str] | None = None


def begun(placed: OrderPlaced) -> Course:
    return Course(
        status="placed",
        updated_at=placed.placed_at,
        payment_status=None if placed.pay_by is None else "pending",
    )


def before_payments(placed: OrderPlaced, end: OrderCancelled | OrderDelivered | None) -> Course:
    """Of a state that has no course yet."""
    course = begun(placed)
    return course if end is None else moved(course, end, placed.total)


def moved(course: Course, event: Event, total: int) -> Course:
    return replace(course, **changes(event, course.refunded, total))


def changes(event: Event, refunded: int, total: int) -> Mapping[str, Any]:
    """Fields of a Course that the event changes, with their values.

    refunded: of the total, what was paid back before the event; both in kuruş. A payment is `refunded` once all is paid back.
    """
    match event:
        case PaymentChallenged(url=url, at=at):
            return {"payment_status": "challenged", "payment_url": url, "updated_at": at}
        case PaymentConfirmed(method=method, at=at):
            paid = "authorized" if method == "credit_card" else "at_the_door"
            return {"payment_status": paid, "payment_url": None, "updated_at": at}
        case PaymentRefused(at=at):
            return {"payment_status": "failed", "payment_url": None, "updated_at": at}
        case PaymentSettled(kind="refunded", amount=amount, at=at):
            paid_back = refunded + amount
            status = {"payment_status": "refunded"} if paid_back >= total else {}
            return {**status, "refunded": paid_back, "payment_url": None, "updated_at": at}
        case PaymentSettled(kind=kind, at=at):
            return {"payment_status": kind, "payment_url": None, "updated_at": at}
        case OrderScheduled(due_at=due_at, at=at):
            return {"due_at": due_at, "updated_at": at}
        case OrderSentToKitchen(at=at):
            return {"sent_at": at, "updated_at": at}
        case OrderAccepted(ready_at=ready_at, at=at):
            return {"status": "accepted", "ready_at": ready_at, "updated_at": at}
        case OrderPreparing(at=at):
            return {"status": "preparing", "updated_at": at}
        case OrderDelayed(ready_at=ready_at, at=at):
            return {"ready_at": ready_at, "updated_at": at}
        case OrderReady(at=at):
            return {"status": "ready", "updated_at": at}
        case OrderOnTheWay(courier_id=courier_id, at=at):
            return {"status": "on_the_way", "courier_id": courier_id, "updated_at": at}
        case DeliveryFailed(at=at):
            return {"status": "ready", "courier_id": None, "updated_at": at}
        case OrderDelivered(delivered_at=at):
            return {"status": "delivered", "updated_at": at}
        case OrderPickedUp(at=at):
            return {"status": "picked_up", "updated_at": at}
        case OrderRejected():
            return _ended("rejected", event.reason, event.at)
        case OrderExpired():
            return _ended("expired", event.reason, event.at)
        case OrderCancelled():
            return _ended("cancelled", event.reason, event.cancelled_at)
        case (
            OrderPlaced() | OrderDrafted() | OrderRefused() | OrderErased() | KitchenReminded() | BasketReturned()
            | SlotHeld() | SlotReturned() | SlotAwaited() | CouponReturned() | OutcomeAwaited()
        ):  # fmt: skip
            return {}
        case _:
            assert_never(event)


def _ended(status: OrderStatus, reason: str, at: datetime) -> Mapping[str, Any]:
    return {"status": status, "reason": reason or None, "payment_url": None, "updated_at": at}

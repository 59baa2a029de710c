"""What an event makes of an order."""

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from agents.order import course
from agents.order.erased import erased
from agents.order.progress import Late, Progress, Stage
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

STAGES: Mapping[type[Event], Stage] = {
    OrderScheduled: "scheduled",
    OrderSentToKitchen: "waiting",
    OrderAccepted: "accepted",
    OrderPreparing: "preparing",
    OrderReady: "ready",
    OrderOnTheWay: "on_the_way",
    DeliveryFailed: "ready",
    OrderDelivered: "delivered",
    OrderPickedUp: "picked_up",
    OrderRejected: "rejected",
    OrderExpired: "expired",
    OrderCancelled: "cancelled",
}
"""Where an order stands after an event; the others leave it where it is."""


def evolve(progress: Progress, event: Event) -> Progress:
    match event:
        case OrderPlaced():
            return _placed(event)
        case OrderDrafted():
            return Progress(drafted=event)
        case OrderRefused():
            # The lines went back with the event: a state of them would stay for every refusal, for ever.
            late = _late(progress.drafted, event) if progress.drafted is not None else None
            return Progress(refused=replace(event, restore=(), restore_coupon=None), late=late)
        case SlotHeld():
            return replace(progress, slot_held=True)
        case SlotReturned() | CouponReturned():
            return replace(progress, late=None)
        case OrderErased():
            return erased(progress)
        case OutcomeAwaited() | SlotAwaited() | KitchenReminded() | BasketReturned():
            return progress
        case (
            OrderCancelled() | OrderDelivered() | OrderPickedUp() | OrderRejected() | OrderExpired()
            | PaymentChallenged() | PaymentConfirmed() | PaymentRefused() | PaymentSettled()
            | OrderScheduled() | OrderSentToKitchen() | OrderAccepted() | OrderPreparing() | OrderDelayed()
            | OrderReady() | OrderOnTheWay() | DeliveryFailed()
        ):  # fmt: skip
            return _moved(progress, event)
        case _:
            assert_never(event)


def _placed(event: OrderPlaced) -> Progress:
    """The card goes to the payment with the event, and stays nowhere."""
    if event.pay_by is None:
        return Progress(placed=event)
    return Progress(placed=replace(event, card=None), placed_as="paying", course=course.begun(event))


def _late(drafted: OrderDrafted, event: OrderRefused) -> Late | None:
    if event.awaited is None:
        return None
    order = drafted.order
    return Late(
        user_id=order.user_id,
        restaurant_id=order.restaurant_id,
        slot=order.slot if event.awaited == "slot" else None,
        coupon_code=order.coupon_code if event.awaited == "coupon" else None,
    )


def _moved(progress: Progress, event: Event) -> Progress:
    """The lines of the basket are kept only while the payment may still be refused."""
    placed, stage = progress.placed, STAGES.get(type(event), progress.stage)
    assert placed is not None, "nothing becomes of an order before it is placed"
    if stage != "paying" and (placed.restore or placed.restore_coupon):
        placed = replace(placed, restore=(), restore_coupon=None)
    return replace(
        progress,
        placed=placed,
        placed_as=stage,
        course=course.moved(progress.shown, event, placed.total),
        cancelled=event if isinstance(event, OrderCancelled) else progress.cancelled,
        delivered=event if isinstance(event, OrderDelivered) else progress.delivered,
        delays=progress.delays + isinstance(event, OrderDelayed),
        failures=progress.failures + isinstance(event, DeliveryFailed),
        had_at=_had_at(event) or progress.had_at,
    )


def _had_at(event: Event) -> datetime | None:
    match event:
        case OrderDelivered(delivered_at=at) | OrderPickedUp(at=at):
            return at
        case _:
            return None

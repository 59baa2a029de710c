"""The events with which an order ends before its customer has it."""

from datetime import datetime

from agents.order.progress import UNSEEN, Stage
from topics.contracts.order_events import (
    Event,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderRejected,
    SlotReturned,
)
from topics.values.fields import Actor


def cancelled(
    placed: OrderPlaced, stage: Stage, at: datetime, by: Actor, reason: str, *, for_payment: bool = False
) -> OrderCancelled:
    """stage: where it stood. for_payment: as in the event."""
    return OrderCancelled(
        user_id=placed.user_id,
        reason=reason,
        cancelled_at=at,
        coupon_code=placed.coupon_code,
        restaurant_id=placed.restaurant_id,
        by=by,
        at_restaurant=stage not in UNSEEN,
        for_payment=for_payment,
    )


def rejected(placed: OrderPlaced, at: datetime, by: Actor, reason: str) -> OrderRejected:
    return OrderRejected(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=at,
        by=by,
        reason=reason,
        coupon_code=placed.coupon_code,
    )


def expired(placed: OrderPlaced, at: datetime, by: Actor, reason: str) -> OrderExpired:
    return OrderExpired(
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        at=at,
        by=by,
        reason=reason,
        coupon_code=placed.coupon_code,
    )


def slot_returned(placed: OrderPlaced) -> tuple[Event, ...]:
    if placed.slot is None:
        return ()
    return (SlotReturned(restaurant_id=placed.restaurant_id, slot=placed.slot),)

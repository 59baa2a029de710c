"""What clients see of orders."""

from collections.abc import Mapping
from typing import assert_never

from msgspec.structs import replace

from topics import keys
from topics.contracts import order_events
from topics.contracts.order_events import (
    Event,
    OrderCancelled,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderPlaced,
    OrderRefused,
    OutcomeAwaited,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.deciding.projection import Shown, View
from topics.documents.order import Order, OrderMoment, OrderTimeline
from topics.messages.event import EventMeta

PLACED, CANCELLED, DELIVERED = "Your order is placed.", "Your order is cancelled.", "Your order is delivered."


def order(order_id: str, placed: OrderPlaced) -> Order:
    """The document, and the answer of the checkout."""
    return Order(
        id=order_id,
        user_id=placed.user_id,
        restaurant_id=placed.restaurant_id,
        restaurant_name=placed.restaurant_name,
        items=placed.items,
        subtotal=placed.subtotal,
        discount=placed.discount,
        delivery_fee=placed.delivery_fee,
        total=placed.total,
        payment_method=placed.payment_method,
        coupon_code=placed.coupon_code,
        status="placed",
        address_id=placed.address_id,
        delivery_address=placed.delivery_address,
        pickup=placed.pickup,
        note=placed.note,
        schedule_date=placed.schedule_date,
        changes=placed.changes,
        created_at=placed.placed_at,
        updated_at=placed.placed_at,
        message=PLACED,
    )


def cancelled(before: Order, event: OrderCancelled) -> Order:
    return replace(before, status="cancelled", updated_at=event.cancelled_at, message=CANCELLED)


def delivered(before: Order, event: OrderDelivered) -> Order:
    return replace(before, status="delivered", updated_at=event.delivered_at, message=DELIVERED)


def show(before: Order | None, event: Event, meta: EventMeta) -> Shown[Order]:
    match event:
        case OrderPlaced():
            return Shown(order(meta.aggregate_id, event))
        case OrderCancelled():
            return Shown(before and cancelled(before, event))
        case OrderDelivered():
            return Shown(before and delivered(before, event))
        case OrderDrafted() | SlotHeld() | SlotReturned() | SlotAwaited() | OutcomeAwaited():
            return Shown(before)  # it is shown once it is placed
        case OrderRefused():
            return Shown(None)  # the checkout was answered with the reason; such an order was never shown
        case OrderErased():
            return Shown(None)
        case _:
            assert_never(event)


def show_timeline(before: OrderTimeline | None, event: Event, meta: EventMeta) -> Shown[OrderTimeline]:
    match event:
        case OrderPlaced(user_id=user_id, placed_at=at):
            return Shown(OrderTimeline(user_id=user_id, moments=(OrderMoment(status="placed", at=at),)))
        case OrderCancelled(cancelled_at=at, reason=reason):
            moment = OrderMoment(status="cancelled", at=at, reason=reason or None)
            return Shown(before and replace(before, moments=(*before.moments, moment)))
        case OrderDelivered(delivered_at=at):
            moment = OrderMoment(status="delivered", at=at)
            return Shown(before and replace(before, moments=(*before.moments, moment)))
        case OrderErased():
            return Shown(None)
        case OrderDrafted() | SlotHeld() | SlotReturned() | SlotAwaited() | OutcomeAwaited() | OrderRefused():
            return Shown(before)
        case _:
            assert_never(event)


def indexes(document: Order) -> Mapping[str, float]:
    """A user's orders by time."""
    return {keys.orders(document.user_id): document.created_at.timestamp()}


ORDER_TIMELINE = View[OrderTimeline, Event](
    name="order_timeline", topic=order_events.TOPIC, document=OrderTimeline, show=show_timeline, live=True
)
ORDER = View[Order, Event](name="order", topic=order_events.TOPIC, document=Order, show=show, indexes=indexes)

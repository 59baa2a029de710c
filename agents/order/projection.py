"""What clients see of orders."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict, replace

from agents.order import board
from agents.order.course import Course, begun, changes
from agents.order.times import MOST_DELAYS, MOST_FAILURES
from topics import keys
from topics.contracts import order_events
from topics.contracts.order_events import (
    DeliveryFailed,
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderDelayed,
    OrderDelivered,
    OrderErased,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
    OrderPreparing,
    OrderReady,
    OrderRefused,
    OrderRejected,
    PaymentChallenged,
)
from topics.deciding.projection import Shown, View
from topics.documents.order import Order, OrderMoment, OrderTimeline
from topics.messages.event import EventMeta
from topics.values.fields import OrderStatus

MESSAGES: Mapping[OrderStatus, str] = {
    "placed": "Your order is placed.",
    "accepted": "The restaurant has accepted your order.",
    "preparing": "Your order is being prepared.",
    "ready": "Your order is ready.",
    "on_the_way": "Your order is on the way.",
    "delivered": "Your order is delivered.",
    "picked_up": "You have picked up your order.",
    "rejected": "The restaurant could not take your order.",
    "expired": "Nobody confirmed your order in time.",
    "cancelled": "Your order is cancelled.",
}


def document(order_id: str, placed: OrderPlaced, course: Course) -> Order:
    """The document, and the answer to whoever acts on an order."""
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
        address_id=placed.address_id,
        delivery_address=placed.delivery_address,
        pickup=placed.pickup,
        note=placed.note,
        gift_note=placed.gift_note,
        schedule_date=placed.schedule_date,
        changes=placed.changes,
        created_at=placed.placed_at,
        message=MESSAGES[course.status],
        **asdict(course),
    )


def order(order_id: str, placed: OrderPlaced) -> Order:
    """The document of an order that was just placed."""
    return document(order_id, placed, begun(placed))


def show(before: Order | None, event: Event, meta: EventMeta) -> Shown[Order]:
    match event:
        case OrderPlaced():
            return Shown(order(meta.aggregate_id, event))
        case OrderRefused() | OrderErased():
            return Shown(None)  # a refused one was never shown: its checkout was answered with the reason
        case _:
            return Shown(before and _changed(before, changes(event, before.refunded, before.total)))


def _changed(before: Order, changed: Mapping[str, Any]) -> Order:
    after = replace(before, **changed)
    return replace(after, message=MESSAGES[after.status])


def show_timeline(before: OrderTimeline | None, event: Event, meta: EventMeta) -> Shown[OrderTimeline]:
    match event:
        case OrderPlaced(user_id=user_id, placed_at=at):
            return Shown(OrderTimeline(user_id=user_id, moments=(OrderMoment(status="placed", at=at, by="customer"),)))
        case OrderRefused() | OrderErased():
            return Shown(None)
        case _:
            return Shown(before and _with(before, moment(event, before.moments[-1])))


def _with(before: OrderTimeline, moment: OrderMoment | None) -> OrderTimeline:
    return before if moment is None else replace(before, moments=(*before.moments, moment))


def moment(event: Event, last: OrderMoment) -> OrderMoment | None:
    """What a timeline has more after the event. None: nothing. last: the latest moment before it."""
    match event:
        case PaymentChallenged(at=at):
            again = last.payment_status == "challenged"
            return None if again else OrderMoment(status=last.status, at=at, by="system", payment_status="challenged")
        case OrderAccepted():
            return OrderMoment(status="accepted", at=event.at, by=event.by, ready_at=event.ready_at)
        case OrderPreparing():
            return OrderMoment(status="preparing", at=event.at, by=event.by)
        case OrderDelayed():
            return OrderMoment(
                status=last.status, at=event.at, by=event.by, reason=event.reason, ready_at=event.ready_at
            )
        case OrderReady():
            return OrderMoment(status="ready", at=event.at, by=event.by)
        case OrderOnTheWay():
            return OrderMoment(status="on_the_way", at=event.at, by=event.by)
        case DeliveryFailed():
            return OrderMoment(status="ready", at=event.at, by=event.by, reason=event.reason)
        case OrderDelivered():
            return OrderMoment(status="delivered", at=event.delivered_at, by=event.by)
        case OrderPickedUp():
            return OrderMoment(status="picked_up", at=event.at, by=event.by)
        case OrderRejected():
            return OrderMoment(status="rejected", at=event.at, by=event.by, reason=event.reason or None)
        case OrderExpired():
            return OrderMoment(status="expired", at=event.at, by=event.by, reason=event.reason or None)
        case OrderCancelled():
            return OrderMoment(status="cancelled", at=event.cancelled_at, by=event.by, reason=event.reason or None)
        case _:
            return None


MOST_MOMENTS = 7 + MOST_DELAYS + 2 * MOST_FAILURES
"""Of a timeline: placed, challenged, accepted, preparing, ready, on the way, the end; delays; what a courier brings back, and
another takes."""


def indexes(document: Order) -> Mapping[str, float]:
    """A user's orders by time, all and those that run; and the restaurant's."""
    lists = (keys.orders(document.user_id), *((keys.running_orders(document.user_id),) if document.runs else ()))
    return {**dict.fromkeys(lists, document.created_at.timestamp()), **board.indexes(document)}


ORDER_TIMELINE = View[OrderTimeline, Event](
    name="order_timeline", topic=order_events.TOPIC, document=OrderTimeline, show=show_timeline, live=True
)
ORDER = View[Order, Event](
    name="order",
    topic=order_events.TOPIC,
    document=Order,
    show=show,
    indexes=indexes,
    latest=board.latest,
    shape=4,
    live=True,
)

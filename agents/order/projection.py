"""What clients see of orders."""

from collections.abc import Mapping
from typing import assert_never

from topics import keys, order_events
from topics.decision import EventMeta
from topics.documents.order import Order
from topics.order_events import Event, OrderDrafted, OrderPlaced, OrderRefused, OutcomeAwaited
from topics.projection import Shown, View


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
        message="Your order is placed.",
    )


def show(before: Order | None, event: Event, meta: EventMeta) -> Shown[Order]:
    match event:
        case OrderPlaced():
            return Shown(order(meta.aggregate_id, event))
        case OrderDrafted() | OutcomeAwaited():
            return Shown(before)  # it is shown once it is placed
        case OrderRefused():
            return Shown(None)  # the checkout was answered with the reason; such an order was never shown
        case _:
            assert_never(event)


def indexes(document: Order) -> Mapping[str, float]:
    """A user's orders by time."""
    return {keys.orders(document.user_id): document.created_at.timestamp()}


ORDER = View[Order, Event](name="order", topic=order_events.TOPIC, document=Order, show=show, indexes=indexes)

"""A basket that was checked out becomes an order, which answers the user."""

from collections.abc import Iterable

from agents.basket.contents import Contents
from topics import order_commands
from topics.basket_events import CheckedOut, CheckoutRepeated, Event
from topics.decision import EventMeta, Send
from topics.order_commands import PlaceOrder, TellOutcome


def react(event: Event, meta: EventMeta, contents: Contents) -> Iterable[Send]:
    match event:
        case CheckedOut(order_id=order_id):
            yield Send(order_commands.TOPIC, order_id, _order(event, meta.aggregate_id), answers=True)
        case CheckoutRepeated(order_id=order_id):
            tell = TellOutcome(user_id=meta.aggregate_id)
            yield Send(order_commands.TOPIC, order_id, tell, answers=True)
        case _:
            pass


def _order(event: CheckedOut, user_id: str) -> PlaceOrder:
    return PlaceOrder(
        user_id=user_id,
        restaurant_id=event.restaurant_id,
        items=event.items,
        payment_method=event.payment_method,
        restore=event.cleared,
        restore_coupon=event.cleared_coupon,
        address_id=event.address_id,
        note=event.note,
        schedule_date=event.schedule_date,
        coupon_code=event.coupon_code,
        expected_total=event.expected_total,
        pickup=event.pickup,
    )

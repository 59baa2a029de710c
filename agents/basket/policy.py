"""A basket that was checked out becomes an order, which answers the user."""

from collections.abc import Iterable

from agents.basket.decider import Contents
from topics import order_commands
from topics.basket_events import CheckedOut, Event
from topics.decision import EventMeta, Send
from topics.order_commands import PlaceOrder


def react(event: Event, meta: EventMeta, contents: Contents) -> Iterable[Send]:
    if not isinstance(event, CheckedOut):
        return
    order = PlaceOrder(
        user_id=meta.aggregate_id,
        restaurant_id=event.restaurant_id,
        items=event.items,
        payment_method=event.payment_method,
        restore=event.cleared,
        address_id=event.address_id,
        note=event.note,
        schedule_date=event.schedule_date,
    )
    yield Send(order_commands.TOPIC, event.order_id, order, answers=True)

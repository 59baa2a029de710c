"""Intake: an order whose user is erased has its payment shown to nobody."""

from collections.abc import Iterable

from topics.contracts import order_events, payment_commands
from topics.contracts.order_events import OrderErased
from topics.contracts.payment_commands import ErasePayment
from topics.deciding.decision import Origin, Send


def erase(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    if isinstance(message, OrderErased) and origin.aggregate_id is not None:
        yield Send(payment_commands.TOPIC, origin.aggregate_id, ErasePayment())

"""What an order asks of its payment: the total when it is placed, the money when the restaurant accepts it, and back with it
where it ends before its customer has it."""

from collections.abc import Iterable
from datetime import datetime

from agents.order.progress import Progress
from topics.contracts import payment_commands
from topics.contracts.order_events import (
    Event,
    OrderAccepted,
    OrderCancelled,
    OrderDelivered,
    OrderExpired,
    OrderPickedUp,
    OrderPlaced,
    OrderRejected,
)
from topics.contracts.payment_commands import Authorize, Capture, Refund, SettleAtDoor, Void
from topics.deciding.decision import Send
from topics.messages.event import EventMeta
from topics.messages.message import Message


def asked(event: Event, meta: EventMeta, progress: Progress) -> Iterable[Send]:
    """progress: after the event. Nothing where no payment was asked for in the first place."""
    placed = progress.placed
    if placed is None or placed.pay_by is None:
        return
    command = _command(event, placed, progress)
    if command is not None:
        yield Send(payment_commands.TOPIC, meta.aggregate_id, command)


def _command(event: Event, placed: OrderPlaced, progress: Progress) -> Message | None:
    by_card = placed.payment_method == "credit_card"
    match event:
        case OrderPlaced(pay_by=datetime()):
            return Authorize(
                user_id=event.user_id,
                restaurant_id=event.restaurant_id,
                amount=event.total,
                method=event.payment_method,
                card=event.card,
            )
        case OrderAccepted() if by_card:
            return Capture()
        case OrderDelivered() | OrderPickedUp() if not by_card:
            return SettleAtDoor()
        case OrderRejected() | OrderExpired() | OrderCancelled() if progress.shown.payment_status != "failed":
            accepted = progress.shown.ready_at is not None
            why = f"order {progress.stage}"  # not what somebody said: the books are kept when an account is erased
            return Refund(reason=why) if accepted and by_card else Void(reason=why)
        case _:
            return None

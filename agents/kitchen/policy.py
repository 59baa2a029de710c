"""Intake: what happened to orders, as commands to their tickets."""

from collections.abc import Iterable

from topics.contracts import kitchen_commands, order_events
from topics.contracts.kitchen_commands import Command, OpenTicket, WithdrawTicket
from topics.contracts.order_events import OrderCancelled, OrderExpired, OrderRejected, OrderSentToKitchen
from topics.deciding.decision import Origin, Send


def follow_order(message: order_events.Event, origin: Origin) -> Iterable[Send]:
    command = _command(message)
    if command is not None and origin.aggregate_id is not None:
        yield Send(kitchen_commands.TOPIC, origin.aggregate_id, command)


def _command(message: order_events.Event) -> Command | None:
    match message:
        case OrderSentToKitchen():
            return OpenTicket(
                restaurant_id=message.restaurant_id,
                restaurant_name=message.restaurant_name,
                items=message.items,
                note=message.note,
                due_at=message.due_at,
                expires_at=message.expires_at,
                delivery=message.delivery,
                payment_method=message.payment_method,
                total=message.total,
                auto=message.auto,
                gift_note=message.gift_note,
            )
        case OrderCancelled(reason=reason):
            return WithdrawTicket(status="cancelled", reason=reason)
        case OrderExpired(reason=reason):
            return WithdrawTicket(status="expired", reason=reason)
        case OrderRejected(reason=reason, by=by) if by != "kitchen":  # a kitchen knows what it has rejected itself
            return WithdrawTicket(status="rejected", reason=reason)
        case _:
            return None

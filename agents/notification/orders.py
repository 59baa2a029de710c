"""Intake of the orders' events: what the customer is told, and what the owner of the restaurant."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from agents.notification.recipient import restaurant
from topics.contracts import notification_commands
from topics.contracts.notification_commands import ConfirmOrder, TellOfOrder, TellOwner
from topics.contracts.notification_events import CustomerNews, OrderNews, OwnerNews
from topics.contracts.order_events import (
    DeliveryFailed,
    Event,
    KitchenReminded,
    OrderAccepted,
    OrderCancelled,
    OrderDelayed,
    OrderDelivered,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
    OrderReady,
    OrderRejected,
    OrderSentToKitchen,
    PaymentRefused,
    PaymentSettled,
    PricedItem,
)
from topics.deciding.decision import Origin, Send

LINES, OPTIONS = 20, 10
"""Of an order, and of one of its lines, in a mail to the owner. The restaurant reads all of them where it answers the order."""


def translate(message: Event, origin: Origin) -> Iterable[Send]:
    if origin.aggregate_id is None:
        return
    if isinstance(message, OrderPlaced):
        yield _confirmation(message, origin.aggregate_id)
    else:
        yield from _customer(message, origin.aggregate_id)
        yield from _owner(message, origin.aggregate_id)


class _OfAnOrder(Protocol):
    @property
    def user_id(self) -> str: ...
    @property
    def restaurant_id(self) -> str: ...


def _confirmation(placed: OrderPlaced, order_id: str) -> Send:
    confirmation = ConfirmOrder(
        order_id=order_id,
        restaurant_id=placed.restaurant_id,
        restaurant_name=placed.restaurant_name,
        total=placed.total,
    )
    return Send(notification_commands.TOPIC, placed.user_id, confirmation)


def _customer(message: Event, order_id: str) -> Iterable[Send]:
    def tell(event: _OfAnOrder, about: CustomerNews, **more: Any) -> Send:
        news = OrderNews(about=about, order_id=order_id, restaurant_id=event.restaurant_id, **more)
        return Send(notification_commands.TOPIC, event.user_id, TellOfOrder(news=news))

    match message:
        case PaymentRefused(detail=why):
            yield tell(message, "order_payment_refused", reason=why)
        case OrderAccepted(ready_at=at):
            yield tell(message, "order_accepted", at=at)
        case OrderDelayed(minutes=minutes, reason=why, ready_at=at):
            yield tell(message, "order_delayed", minutes=minutes, reason=why, at=at)
        case OrderReady(delivery=False):  # of one that is delivered they hear when it is on the way
            yield tell(message, "order_ready")
        case OrderOnTheWay():
            yield tell(message, "order_on_the_way")
        case OrderDelivered():
            yield tell(message, "order_delivered")
        case OrderPickedUp():
            yield tell(message, "order_picked_up")
        case DeliveryFailed(reason=why):
            yield tell(message, "order_delivery_failed", reason=why)
        case OrderRejected(reason=why):
            yield tell(message, "order_rejected", reason=why)
        case OrderExpired():
            yield tell(message, "order_expired")
        case OrderCancelled(reason=why, for_payment=False):  # else they are told that the payment was refused
            yield tell(message, "order_cancelled", reason=why)
        case PaymentSettled(kind="refunded", amount=amount):
            yield tell(message, "order_refunded", amount=amount)
        case _:
            pass


def _owner(message: Event, order_id: str) -> Iterable[Send]:
    def tell(event: _OfAnOrder, about: OwnerNews, **more: Any) -> Send:
        news = OrderNews(about=about, order_id=order_id, restaurant_id=event.restaurant_id, **more)
        to = restaurant(event.restaurant_id)
        return Send(notification_commands.TOPIC, to, TellOwner(news=news), suffix=" to the owner")

    match message:
        case OrderSentToKitchen(auto=auto, due_at=at, total=total, items=items):
            about = "restaurant_order_taken" if auto else "restaurant_order_new"
            yield tell(message, about, at=at, amount=total, items=_lines(items))
        case KitchenReminded(expires_at=at):
            yield tell(message, "restaurant_order_reminder", at=at)
        case OrderCancelled(by="customer", at_restaurant=True, restaurant_id=where) if where:
            yield tell(message, "restaurant_order_cancelled")
        case _:
            pass


def _lines(items: Sequence[PricedItem]) -> tuple[str, ...]:
    said = tuple(map(_line, items[:LINES]))
    return said if len(items) <= LINES else (*said, "…")


def _line(item: PricedItem) -> str:
    """Without its note: what a guest writes stays out of mails."""
    options = [
        each.name if each.choice == each.name else f"{each.name}: {each.choice}" for each in item.options[:OPTIONS]
    ]
    if len(item.options) > OPTIONS:
        options.append("…")
    return f"{item.quantity} x {item.name}" + (f" ({', '.join(options)})" if options else "")

"""Order facts: documents that are made of what happens to orders, and what must be known of an order to make them.

A document for each event that figures are made of, under the event's id: made again it is the same. Nothing in it names a
person. An order that has ended is forgotten.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, assert_never

import msgspec
from msgspec.structs import replace

from agents.analytics.reasons import UNANSWERED, UNDELIVERED, UNPAID, reason_of
from topics.contracts import order_events
from topics.contracts.order_events import (
    BasketReturned,
    CouponReturned,
    DeliveryFailed,
    Event,
    KitchenReminded,
    OrderAccepted,
    OrderCancelled,
    OrderDelayed,
    OrderDelivered,
    OrderDrafted,
    OrderErased,
    OrderExpired,
    OrderOnTheWay,
    OrderPickedUp,
    OrderPlaced,
    OrderPreparing,
    OrderReady,
    OrderRefused,
    OrderRejected,
    OrderScheduled,
    OrderSentToKitchen,
    OutcomeAwaited,
    PaymentChallenged,
    PaymentConfirmed,
    PaymentRefused,
    PaymentSettled,
    PricedItem,
    SlotAwaited,
    SlotHeld,
    SlotReturned,
)
from topics.deciding.projection import Document, FactTable, Index, Shown
from topics.messages.event import EventMeta
from topics.values.kurus import KurusSum

Kind = Literal["placed", "accepted", "sold", "refunded", "cancelled", "rejected", "expired"]

_encode = msgspec.json.encode


class Meal(msgspec.Struct, frozen=True, kw_only=True):
    """total: of all that were ordered, in kuruş."""

    meal_id: str
    name: str
    quantity: int
    total: KurusSum


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """sent_at: when the restaurant saw it; None before. unpaid: its payment was refused. failed: a courier brought it back.
    refunded: of its total, in kuruş, while it is not sold yet."""

    restaurant_id: str
    total: KurusSum
    meals: tuple[Meal, ...] = ()
    sent_at: datetime | None = None
    unpaid: bool = False
    failed: bool = False
    refunded: KurusSum = 0


class OrderFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document. total: in kuruş; of what is sold, less what was paid back before; of a refund, its amount. at: of a refund,
    when that was sold. seconds: from when the restaurant saw the order to its acceptance, unless a setting accepts for it.
    meals: of what is sold. by: who acted. reason: of what ends without a delivery."""

    event: Kind
    at: datetime
    restaurant_id: str
    order_id: str
    total: KurusSum | None = None
    seconds: float | None = None
    meals: tuple[Meal, ...] = ()
    by: str = ""
    reason: str = ""


FORM = {
    "properties": {
        "event": {"type": "keyword"},
        "at": {"type": "date"},
        "restaurant_id": {"type": "keyword"},
        "order_id": {"type": "keyword"},
        "total": {"type": "long"},
        "seconds": {"type": "float"},
        "meals": {
            "type": "nested",
            "properties": {
                "meal_id": {"type": "keyword"},
                "name": {"type": "keyword", "ignore_above": 256},
                "quantity": {"type": "long"},
                "total": {"type": "long"},
            },
        },
        "by": {"type": "keyword"},
        "reason": {"type": "keyword"},
    }
}
"""The mapping of an OrderFact. A field that is not in it is refused."""


def know(before: OpenOrder | None, event: Event, meta: EventMeta) -> Shown[OpenOrder]:
    match event:
        case OrderPlaced():
            known = OpenOrder(restaurant_id=event.restaurant_id, total=event.total, meals=_meals(event.items))
            return Shown(known)
        case OrderSentToKitchen(at=at):
            return Shown(before and replace(before, sent_at=at))
        case PaymentRefused():
            return Shown(before and replace(before, unpaid=True))
        case DeliveryFailed():
            return Shown(before and replace(before, failed=True))
        case PaymentSettled(kind="refunded", amount=amount):
            return Shown(before and replace(before, refunded=before.refunded + amount))
        case OrderDelivered() | OrderPickedUp() | OrderCancelled() | OrderRejected() | OrderExpired() | OrderRefused():
            return Shown(None)
        case (
            OrderDrafted()
            | SlotHeld()
            | SlotReturned()
            | SlotAwaited()
            | CouponReturned()
            | OutcomeAwaited()
            | PaymentChallenged()
            | PaymentConfirmed()
            | PaymentSettled()
            | BasketReturned()
            | OrderScheduled()
            | KitchenReminded()
            | OrderAccepted()
            | OrderPreparing()
            | OrderDelayed()
            | OrderReady()
            | OrderOnTheWay()
            | OrderErased()
        ):
            return Shown(before)
        case _:
            assert_never(event)


def facts_of(before: OpenOrder | None, event: Event, meta: EventMeta) -> Sequence[Document]:
    """Of an order that is not known nothing is made but of a refund: it has ended before."""
    match event:
        case OrderPlaced():
            fact = _placed(event, meta)
        case PaymentSettled(kind="refunded", sold_at=datetime() as sold_at):
            fact = _refunded(event, sold_at, meta)
        case _:
            fact = before and _of_open(before, event, meta)
    return () if fact is None else (Document(meta.id, fact.at.astimezone(UTC).date(), _encode(fact)),)


def _placed(event: OrderPlaced, meta: EventMeta) -> OrderFact:
    return OrderFact(
        event="placed",
        at=event.placed_at,
        restaurant_id=event.restaurant_id,
        order_id=meta.aggregate_id,
        total=event.total,
    )


def _refunded(event: PaymentSettled, sold_at: datetime, meta: EventMeta) -> OrderFact:
    return OrderFact(
        event="refunded",
        at=sold_at,
        restaurant_id=event.restaurant_id,
        order_id=meta.aggregate_id,
        total=event.amount,
    )


def _of_open(order: OpenOrder, event: Event, meta: EventMeta) -> OrderFact | None:
    about: dict[str, Any] = {"restaurant_id": order.restaurant_id, "order_id": meta.aggregate_id}
    sold: dict[str, Any] = about | {"total": max(0, order.total - order.refunded), "meals": order.meals}
    match event:
        case OrderAccepted(at=at, by=by):
            return OrderFact(event="accepted", at=at, by=by, seconds=_seconds(order, event), **about)
        case OrderDelivered(delivered_at=at, by=by) | OrderPickedUp(at=at, by=by):
            return OrderFact(event="sold", at=at, by=by, **sold)
        case OrderCancelled(cancelled_at=at, by=by):
            return OrderFact(event="cancelled", at=at, by=by, reason=_reason(order, event), **about)
        case OrderRejected(at=at, by=by):
            return OrderFact(event="rejected", at=at, by=by, reason=_reason(order, event), **about)
        case OrderExpired(at=at, by=by):
            return OrderFact(event="expired", at=at, by=by, reason=_reason(order, event), **about)
        case _:
            return None


def _seconds(order: OpenOrder, event: OrderAccepted) -> float | None:
    if event.by == "auto" or order.sent_at is None:
        return None
    return max(0.0, (event.at - order.sent_at).total_seconds())


def _reason(order: OpenOrder, event: OrderCancelled | OrderRejected | OrderExpired) -> str:
    if event.by != "system":
        return reason_of(event.reason)
    if order.unpaid:
        return UNPAID
    if isinstance(event, OrderExpired):
        return UNPAID if order.sent_at is None else UNANSWERED
    return UNDELIVERED if order.failed else reason_of(event.reason)


def _meals(items: Sequence[PricedItem]) -> tuple[Meal, ...]:
    """A meal that was ordered with other options, too, is one."""
    found: dict[str, Meal] = {}
    for item in items:
        known = found.get(item.meal_id) or Meal(meal_id=item.meal_id, name=item.name, quantity=0, total=0)
        found[item.meal_id] = replace(known, quantity=known.quantity + item.quantity, total=known.total + item.total)
    return tuple(found.values())


OPEN_ORDERS = FactTable[OpenOrder, Event](name="open_orders", topic=order_events.TOPIC, document=OpenOrder, show=know)
ORDER_FACTS = Index[OpenOrder, Event](known=OPEN_ORDERS, documents=facts_of)
INDEX = "lezzet-orders"
"""What the names of its indices begin with: in Elasticsearch there may be others' `orders`."""

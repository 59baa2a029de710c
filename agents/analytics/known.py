"""Order facts: documents that are made of what happens to orders, and what must be known of an order to make them.

A document for each event that figures are made of, under the event's id: made again it is the same. Nothing in it names a
person. An order that has ended is forgotten.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from agents.analytics.reasons import reason_of
from topics.contracts import order_events
from topics.contracts.order_events import (
    Event,
    OrderCancelled,
    OrderDelivered,
    OrderErased,
    OrderPlaced,
    OrderRefused,
    PricedItem,
)
from topics.deciding.projection import Document, FactTable, Index, Shown
from topics.messages.event import EventMeta
from topics.values.kurus import KurusSum

Kind = Literal["placed", "accepted", "sold", "cancelled", "rejected", "expired"]

_encode = msgspec.json.encode


class Meal(msgspec.Struct, frozen=True, kw_only=True):
    """total: of all that were ordered, in kuruş."""

    meal_id: str
    name: str
    quantity: int
    total: KurusSum


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """seen_at: when the restaurant saw it."""

    restaurant_id: str
    total: KurusSum
    seen_at: datetime
    meals: tuple[Meal, ...] = ()


class OrderFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A document. total: in kuruş. seconds: from when the restaurant saw the order to its acceptance. meals: of what is sold.
    by, reason: of what ends without a delivery."""

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
            known = OpenOrder(
                restaurant_id=event.restaurant_id, total=event.total, seen_at=event.placed_at, meals=_meals(event.items)
            )
            return Shown(known)
        case OrderDelivered() | OrderCancelled() | OrderRefused() | OrderErased():
            return Shown(None)
        case _:
            return Shown(before)


def facts_of(before: OpenOrder | None, event: Event, meta: EventMeta) -> Sequence[Document]:
    """Of an order that is not known nothing is made: it has ended before."""
    if isinstance(event, OrderPlaced):
        return _documents(OrderFact(event="placed", total=event.total, **_about(event.restaurant_id, meta)), meta)
    if before is None:
        return ()
    about = _about(before.restaurant_id, meta)
    match event:
        case OrderDelivered():
            return _documents(OrderFact(event="sold", total=before.total, meals=before.meals, **about), meta)
        case OrderCancelled():
            reason = reason_of(event.reason, own=False)
            return _documents(OrderFact(event="cancelled", by="customer", reason=reason, **about), meta)
        case _:
            return ()


def _about(restaurant_id: str, meta: EventMeta) -> dict[str, Any]:
    return {"at": meta.at, "restaurant_id": restaurant_id, "order_id": meta.aggregate_id}


def _documents(fact: OrderFact, meta: EventMeta) -> Sequence[Document]:
    return (Document(meta.id, meta.at.astimezone(UTC).date(), _encode(fact)),)


def _meals(items: Sequence[PricedItem]) -> tuple[Meal, ...]:
    """A meal that was ordered with other options, too, is one."""
    found: dict[str, Meal] = {}
    for item in items:
        known = found.get(item.meal_id) or Meal(meal_id=item.meal_id, name=item.name, quantity=0, total=0)
        found[item.meal_id] = replace(known, quantity=known.quantity + item.quantity, total=known.total + item.total)
    return tuple(found.values())


OPEN_ORDERS = FactTable[OpenOrder, Event](name="open_orders", topic=order_events.TOPIC, document=OpenOrder, show=know)
ORDER_FACTS = Index[OpenOrder, Event](known=OPEN_ORDERS, documents=facts_of)
INDEX = "orders"
"""Its name in Elasticsearch."""

"""What kitchens send and get over RabbitMQ: docs/kitchen.md. Amounts are kuruş."""

from datetime import datetime
from typing import Literal

import msgspec

from topics.contracts.kitchen_events import WithdrawnFor
from topics.contracts.order_events import PricedItem
from topics.values.faults import Fault
from topics.values.fields import DelayMinutes, Id, OrderStatus, PaymentMethod, Personal, PrepTime, Reason
from topics.values.kurus import KurusSum

Decision = Literal["accept", "reject", "preparing", "delay", "ready"]


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Type `ticket`. due_at null: as soon as possible. expires_at: until then an answer is taken. delivery: to the customer,
    else they pick it up. auto: the order is accepted already, and waits for no answer. gift_note: for the one who gets the
    order as a gift."""

    order_id: str
    restaurant_id: str
    items: tuple[PricedItem, ...]
    note: Personal[str] | None
    due_at: datetime | None
    expires_at: datetime
    restaurant_name: str
    delivery: bool
    payment_method: PaymentMethod
    total: KurusSum
    auto: bool
    gift_note: Personal[str] | None = None


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Type `cancelled`: the order has ended, and is not to be cooked. reason: may be empty."""

    order_id: str
    restaurant_id: str
    status: WithdrawnFor
    reason: Personal[str]


class KitchenReply(msgspec.Struct, frozen=True, kw_only=True):
    """restaurant_id: that the kitchen speaks for, where its account does not say so. prep_time: minutes, of an accepted order.
    minutes: of a delay. reason: of a rejection or a delay."""

    order_id: Id
    decision: Decision
    restaurant_id: Id | None = None
    prep_time: PrepTime | None = None
    minutes: DelayMinutes | None = None
    reason: Reason | None = None

    def faults(self) -> list[Fault]:
        """What is missing for this decision."""
        needed = ("minutes", "reason") if self.decision == "delay" else ()
        return [Fault(name, f"is required to {self.decision}") for name in needed if getattr(self, name) is None]


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    field: str
    message: str


class KitchenAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """To who set `reply_to`. status: of the order, after the decision. pending: it is taken and will be decided. refused: it
    changes nothing; code, detail and errors say why."""

    outcome: Literal["done", "pending", "refused"]
    order_id: str | None = None
    status: OrderStatus | None = None
    code: str | None = None
    detail: str | None = None
    errors: tuple[Wrong, ...] = ()

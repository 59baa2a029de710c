"""What happened to kitchen tickets: what a kitchen is told over RabbitMQ. Its answers are commands to the order."""

from datetime import datetime
from typing import Literal

from topics.contracts.order_events import PricedItem
from topics.messages.message import Message
from topics.messages.topic import FOREVER, Topic
from topics.values.fields import PaymentMethod, Personal
from topics.values.kurus import KurusSum

WithdrawnFor = Literal["cancelled", "expired", "rejected"]
"""How an order ends before it is cooked."""
Outcome = Literal["sent", "late", "withdrawn"]
"""sent: RabbitMQ has it. Not sent: late, the time to answer was over; withdrawn, the order had ended."""


class TicketOpened(Message, frozen=True, kw_only=True):
    """It is to be sent to the queue of the restaurant. Fields: as in OrderSentToKitchen. Amounts are kuruş."""

    restaurant_id: str
    restaurant_name: str
    items: tuple[PricedItem, ...]
    note: Personal[str] | None
    due_at: datetime | None
    expires_at: datetime
    delivery: bool
    payment_method: PaymentMethod
    total: KurusSum
    auto: bool
    opened_at: datetime
    gift_note: Personal[str] | None = None


class TicketWithdrawn(Message, frozen=True, kw_only=True):
    """The kitchen is to be told that the order has ended."""

    restaurant_id: str
    status: WithdrawnFor
    reason: Personal[str]
    withdrawn_at: datetime


class MessageRecorded(Message, frozen=True, kw_only=True):
    """What became of a message to the kitchen. message_id: its id in RabbitMQ, which is that of the event that led to it."""

    message_id: str
    outcome: Outcome


Event = TicketOpened | TicketWithdrawn | MessageRecorded

TOPIC = Topic(
    name="kitchen_events",
    messages=(TicketOpened, TicketWithdrawn, MessageRecorded),
    key="order id",
    producers=("kitchen",),
    consumers=("kitchen",),
    retention=FOREVER,
    max_bytes=2 * 1024 * 1024,
)

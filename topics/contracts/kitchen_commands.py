"""Commands to the kitchen tickets: made by the kitchen domain itself, of what happens to orders and of what it sent."""

from datetime import datetime

from topics.contracts.kitchen_events import Outcome, WithdrawnFor
from topics.contracts.order_events import PricedItem
from topics.messages.message import Message
from topics.messages.topic import Topic
from topics.values.fields import Id, PaymentMethod, Personal
from topics.values.kurus import KurusSum


class OpenTicket(Message, frozen=True, kw_only=True):
    """The restaurant's kitchen gets a ticket. Fields: as in OrderSentToKitchen."""

    restaurant_id: Id
    restaurant_name: str
    items: tuple[PricedItem, ...]
    note: Personal[str] | None
    due_at: datetime | None
    expires_at: datetime
    delivery: bool
    payment_method: PaymentMethod
    total: KurusSum
    auto: bool
    gift_note: Personal[str] | None = None


class WithdrawTicket(Message, frozen=True, kw_only=True):
    """The order has ended, so it is not to be cooked. reason: where somebody gave one."""

    status: WithdrawnFor
    reason: Personal[str] = ""


class RecordMessage(Message, frozen=True, kw_only=True):
    """What became of a message to the kitchen. message_id: its id in RabbitMQ."""

    message_id: str
    outcome: Outcome


Command = OpenTicket | WithdrawTicket | RecordMessage

TOPIC = Topic(
    name="kitchen_commands",
    messages=(OpenTicket, WithdrawTicket, RecordMessage),
    key="order id",
    producers=("kitchen",),
    consumers=("kitchen",),
    append_time=True,
)

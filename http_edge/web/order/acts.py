"""What a restaurant does with an order, by its owner; a kitchen system says the same through RabbitMQ."""

import msgspec

from http_edge.routing.asked import parameter
from http_edge.routing.routes import RESTAURANT_OWNER, CommandRow, Nothing, command
from topics.contracts.order_commands import (
    TOPIC,
    AcceptOrder,
    DelayOrder,
    DeliverOrder,
    PickUpOrder,
    PrepareOrder,
    ReadyOrder,
    RejectOrder,
)
from topics.deciding.refusals import ORDER_CODES
from topics.documents.order import Order
from topics.messages.message import Message
from topics.values.fields import DelayMinutes, PrepTime, Reason


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """prep_time: minutes; absent: as long as the restaurant usually takes."""

    prep_time: PrepTime | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """reason: for the customer."""

    reason: Reason


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """minutes: later than it was said before. reason: for the customer."""

    minutes: DelayMinutes
    reason: Reason


def _act(name: str, message: type[Message], says: str, takes: type[msgspec.Struct] = Nothing) -> CommandRow:
    """An order that stands otherwise is refused; `order_status` of the error says how it stands."""
    return command(
        "POST", f"/orders/{{id}}/{name}", message, to=TOPIC, key=parameter("id"), who=RESTAURANT_OWNER, gives=Order,
        answers={409: ORDER_CODES}, says=says, takes=takes,
    )  # fmt: skip


ROUTES = (
    _act(
        "accept", AcceptOrder, takes=Acceptance,
        says="The restaurant cooks it, and says in how many minutes it is ready. The customer pays from then on.",
    ),
    _act("reject", RejectOrder, takes=Refusal, says="The restaurant does not cook it, and says why."),
    _act("delay", DelayOrder, takes=Delay, says="It is ready some minutes later than was said before."),
    _act("prepare", PrepareOrder, says="The kitchen has begun with it."),
    _act("ready", ReadyOrder, says="It can be fetched, by the courier or by the customer."),
    _act("deliver", DeliverOrder, says="The customer has it. Its customer may review it from then on."),
    _act("picked-up", PickUpOrder, says="The customer has picked it up, and may review it from then on."),
)  # fmt: skip

"""The caller's orders."""

import msgspec

from http_edge.asked import Asked, parameter
from http_edge.routes import CUSTOMER, command, shown, view
from topics import keys
from topics.documents.order import Order, OrderMoment, OrderTimeline
from topics.fields import Note
from topics.order_commands import TOPIC, CancelOrder

ORDER = shown("order", "order")
TIMELINE = shown("order_timeline", "order")

_timeline = msgspec.json.Decoder(OrderTimeline)

MOST_LISTED = 100
"""Orders in one list. An order has up to 250 KB, and all reads of a process wait for each other: a longer list would take
more than the time that each of them has (stores.redis.reader.READ_SECONDS)."""


def mine(asked: Asked) -> str:
    """Index: the caller's orders by time."""
    return keys.orders(asked.me)


class Cancellation(msgspec.Struct, frozen=True):
    reason: Note = ""


def _cancellation(asked: Asked) -> CancelOrder:
    return CancelOrder(reason=asked.body.reason)


def _moments(document: bytes, asked: Asked) -> bytes:
    return msgspec.json.encode(_timeline.decode(document).moments)


ROUTES = (
    view(
        "/orders", ORDER, index=mine, newest_first=True, most=MOST_LISTED, who=CUSTOMER, gives=list[Order],
        says="The caller's newest orders, newest first, at most 100.",
    ),
    view(
        "/orders/{id}/timeline", TIMELINE, key=parameter("id"), owner="user_id", shape=_moments, who=CUSTOMER,
        gives=list[OrderMoment], says="What became of an order, and when.",
    ),
    command(
        "POST", "/orders/{id}/cancel", CancelOrder, to=TOPIC, takes=Cancellation, key=parameter("id"), who=CUSTOMER,
        make=_cancellation, gives=Order,
        says="Cancel one's order; the use of its coupon is given back.",
    ),
    view("/orders/{id}", ORDER, key=parameter("id"), owner="user_id", who=CUSTOMER, gives=Order, says="One order."),
)  # fmt: skip

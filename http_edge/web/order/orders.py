"""The caller's orders."""

from http_edge.asked import Asked, parameter
from http_edge.routes import CUSTOMER, shown, view
from topics import keys
from topics.documents.order import Order

ORDER = shown("order", "order")

MOST_LISTED = 100
"""Orders in one list. An order has up to 250 KB, and all reads of a process wait for each other: a longer list would take
more than the time that each of them has (stores.redis.reader.READ_SECONDS)."""


def mine(asked: Asked) -> str:
    """Index: the caller's orders by time."""
    return keys.orders(asked.me)


ROUTES = (
    view(
        "/orders", ORDER, index=mine, newest_first=True, most=MOST_LISTED, who=CUSTOMER, gives=list[Order],
        says="The caller's newest orders, newest first, at most 100.",
    ),
    view("/orders/{id}", ORDER, key=parameter("id"), owner="user_id", who=CUSTOMER, gives=Order, says="One order."),
)  # fmt: skip

"""The caller's orders."""

from http_edge.asked import Asked, parameter
from http_edge.routes import CUSTOMER, shown, view
from topics.documents.order import Order

ORDER = shown("order", "order")

MOST_LISTED = 100
"""Orders in one list, each up to 250 KB: everybody's reads wait behind one that is larger than Redis gives in their time."""


def mine(asked: Asked) -> str:
    """Index: the caller's orders by time."""
    return f"orders:{asked.me}"


ROUTES = (
    view(
        "/orders", ORDER, index=mine, newest_first=True, most=MOST_LISTED, who=CUSTOMER, gives=list[Order],
        says="The caller's newest orders, newest first, at most 100.",
    ),
    view("/orders/{id}", ORDER, key=parameter("id"), owner="user_id", who=CUSTOMER, gives=Order, says="One order."),
)  # fmt: skip

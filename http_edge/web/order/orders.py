"""The caller's orders."""

from http_edge.asked import Asked, parameter
from http_edge.routes import CUSTOMER, shown, view
from topics.documents.order import Order

ORDER = shown("order", "order")


def mine(asked: Asked) -> str:
    """Index: the caller's orders by time."""
    return f"orders:{asked.me}"


ROUTES = (
    view(
        "/orders", ORDER, index=mine, newest_first=True, who=CUSTOMER, gives=list[Order],
        says="The caller's orders, newest first.",
    ),
    view("/orders/{id}", ORDER, key=parameter("id"), owner="user_id", who=CUSTOMER, gives=Order, says="One order."),
)  # fmt: skip

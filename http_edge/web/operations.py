"""What became of a write that was answered 202."""

from http_edge.commands.operations import Operation, show
from http_edge.routing.routes import CUSTOMER, OwnRow

ROUTES = (
    OwnRow(
        method="GET", path="/operations/{id}", who=CUSTOMER, gives=Operation, handle=show,
        says="The outcome of one of the caller's own operations; those of others are 404.",
    ),
)  # fmt: skip

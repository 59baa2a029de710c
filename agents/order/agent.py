"""The wiring of order."""

from agents.order import policy
from agents.order.configured import configured
from agents.order.projection import ORDER, ORDER_TIMELINE
from agents.runtime.runtime import Runtime
from topics.contracts import order_commands, order_events
from topics.copies import BOOKS, COUPONS, MEALS, RESTAURANTS


def register(runtime: Runtime) -> None:
    runtime.decide(order_commands.TOPIC, configured(runtime.settings), emits=order_events.TOPIC, react=policy.react)
    for copy in (MEALS, RESTAURANTS, BOOKS, COUPONS):
        runtime.project(copy)
    runtime.project(ORDER)
    runtime.project(ORDER_TIMELINE)

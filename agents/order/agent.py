"""The wiring of order."""

from datetime import timedelta

from agents.order import policy
from agents.order.decider import decider
from agents.order.projection import ORDER, ORDER_TIMELINE
from agents.order.times import Times
from agents.runtime.runtime import Runtime
from stores.settings import Settings
from topics.contracts import order_commands, order_events
from topics.copies import BOOKS, COUPONS, MEALS, RESTAURANTS


def register(runtime: Runtime) -> None:
    runtime.decide(
        order_commands.TOPIC, decider(_times(runtime.settings)), emits=order_events.TOPIC, react=policy.react
    )
    for copy in (MEALS, RESTAURANTS, BOOKS, COUPONS):
        runtime.project(copy)
    runtime.project(ORDER)
    runtime.project(ORDER_TIMELINE)


def _times(settings: Settings) -> Times:
    return Times(
        answer=timedelta(seconds=settings.order_answer_seconds),
        payment=timedelta(seconds=settings.order_payment_seconds),
        completion=timedelta(seconds=settings.order_completion_seconds),
    )

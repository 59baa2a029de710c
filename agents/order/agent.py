"""The wiring of order."""

from agents.order import policy
from agents.order.decider import DECIDER
from agents.order.facts import MEALS, RESTAURANTS
from agents.order.projection import ORDER
from agents.runtime.runtime import Runtime
from topics import order_commands, order_events


def register(runtime: Runtime) -> None:
    runtime.decide(order_commands.TOPIC, DECIDER, emits=order_events.TOPIC, react=policy.react)
    runtime.project(MEALS)
    runtime.project(RESTAURANTS)
    runtime.project(ORDER)

"""The wiring of courier."""

from agents.courier import policy
from agents.courier.decider import DECIDER
from agents.courier.facts import RESTAURANTS
from agents.courier.projection import COURIER, DELIVERY
from agents.runtime.runtime import Runtime
from topics.contracts import courier_commands, courier_events, order_events, user_erased


def register(runtime: Runtime) -> None:
    runtime.decide(courier_commands.TOPIC, DECIDER, emits=courier_events.TOPIC, react=policy.react)
    runtime.intake(order_events.TOPIC, policy.follow)
    runtime.intake(user_erased.TOPIC, policy.erase)
    runtime.project(RESTAURANTS)
    runtime.project(DELIVERY)
    runtime.project(COURIER)

"""The wiring of discount."""

from agents.discount import policy
from agents.discount.decider import DECIDER
from agents.discount.projection import COUPON, COUPON_USE
from agents.runtime.runtime import Runtime
from topics.contracts import discount_commands, discount_events
from topics.copies import RESTAURANTS


def register(runtime: Runtime) -> None:
    runtime.decide(discount_commands.TOPIC, DECIDER, emits=discount_events.TOPIC, react=policy.react)
    runtime.project(RESTAURANTS)
    runtime.project(COUPON)
    runtime.project(COUPON_USE)

"""The wiring of basket."""

from agents.basket import policy
from agents.basket.decider import DECIDER
from agents.basket.projection import BASKET, BASKET_COUPON
from agents.runtime.runtime import Runtime
from topics.contracts import basket_commands, basket_events, user_erased
from topics.copies import COUPONS, MEALS, RESTAURANTS


def register(runtime: Runtime) -> None:
    runtime.decide(basket_commands.TOPIC, DECIDER, emits=basket_events.TOPIC, react=policy.react)
    runtime.intake(user_erased.TOPIC, policy.erase)
    for copy in (MEALS, RESTAURANTS, COUPONS):
        runtime.project(copy)
    runtime.project(BASKET)
    runtime.project(BASKET_COUPON)

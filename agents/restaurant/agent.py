"""The wiring of restaurant."""

from agents.restaurant import policy
from agents.restaurant.decider import DECIDER
from agents.restaurant.facts import DELIVERED
from agents.restaurant.projection import CAMPAIGNS, RESTAURANT, RESTAURANT_OWNER, REVIEW
from agents.runtime.runtime import Runtime
from topics.contracts import order_events, restaurant_commands, restaurant_events, user_events


def register(runtime: Runtime) -> None:
    runtime.decide(restaurant_commands.TOPIC, DECIDER, emits=restaurant_events.TOPIC, react=policy.react)
    runtime.intake(user_events.TOPIC, policy.translate)
    runtime.intake(order_events.TOPIC, policy.erase_review)
    runtime.project(DELIVERED)
    runtime.project(RESTAURANT)
    runtime.project(RESTAURANT_OWNER)
    runtime.project(REVIEW)
    runtime.project(CAMPAIGNS)

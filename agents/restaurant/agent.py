"""The wiring of restaurant."""

from agents.restaurant.decider import DECIDER
from agents.restaurant.projection import RESTAURANT
from agents.runtime.runtime import Runtime
from topics import restaurant_commands, restaurant_events


def register(runtime: Runtime) -> None:
    runtime.decide(restaurant_commands.TOPIC, DECIDER, emits=restaurant_events.TOPIC)
    runtime.project(RESTAURANT)

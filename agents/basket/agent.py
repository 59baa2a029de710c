"""The wiring of basket."""

from agents.basket import policy
from agents.basket.decider import DECIDER
from agents.basket.facts import MEALS
from agents.basket.projection import BASKET
from agents.runtime.runtime import Runtime
from topics import basket_commands, basket_events


def register(runtime: Runtime) -> None:
    runtime.decide(basket_commands.TOPIC, DECIDER, emits=basket_events.TOPIC, react=policy.react)
    runtime.project(MEALS)
    runtime.project(BASKET)

"""The wiring of catalog."""

from agents.catalog import policy
from agents.catalog.decider import DECIDER
from agents.catalog.facts import RESTAURANTS
from agents.catalog.projection import MEAL
from agents.runtime.runtime import Runtime
from topics.contracts import catalog_commands, catalog_events


def register(runtime: Runtime) -> None:
    runtime.decide(catalog_commands.TOPIC, DECIDER, emits=catalog_events.TOPIC, react=policy.react)
    runtime.project(RESTAURANTS)
    runtime.project(MEAL)

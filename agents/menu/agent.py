"""The wiring of menu."""

from agents.menu import policy
from agents.menu.decider import DECIDER
from agents.menu.projection import MENU_IMPORT
from agents.runtime.runtime import Runtime
from topics.contracts import menu_commands, menu_events
from topics.copies import RESTAURANTS


def register(runtime: Runtime) -> None:
    runtime.decide(menu_commands.TOPIC, DECIDER, emits=menu_events.TOPIC, react=policy.react)
    runtime.project(RESTAURANTS)
    runtime.project(MENU_IMPORT)

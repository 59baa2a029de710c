"""The wiring of user."""

from agents.runtime.runtime import Runtime
from agents.user import policy
from agents.user.decider import DECIDER
from agents.user.facts import RESTAURANTS
from agents.user.projection import FAVOURITES, PREFERENCES, USER
from topics.contracts import user_commands, user_created, user_erased, user_events


def register(runtime: Runtime) -> None:
    runtime.decide(user_commands.TOPIC, DECIDER, emits=user_events.TOPIC)
    runtime.intake(user_created.TOPIC, policy.translate)
    runtime.intake(user_erased.TOPIC, policy.erase)
    runtime.project(RESTAURANTS)
    runtime.project(USER)
    runtime.project(FAVOURITES)
    runtime.project(PREFERENCES)

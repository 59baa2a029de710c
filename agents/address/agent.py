"""The wiring of address."""

from agents.address import policy
from agents.address.decider import DECIDER
from agents.address.projection import ADDRESS
from agents.runtime.runtime import Runtime
from topics.contracts import address_commands, address_events, user_erased


def register(runtime: Runtime) -> None:
    runtime.decide(address_commands.TOPIC, DECIDER, emits=address_events.TOPIC)
    runtime.intake(user_erased.TOPIC, policy.erase)
    runtime.project(ADDRESS)

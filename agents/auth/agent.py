"""The wiring of auth."""

from agents.auth import policy
from agents.auth.decider import DECIDER
from agents.auth.passwords import Passwords
from agents.auth.preparation import AccountPreparation, HashedBeforehand
from agents.auth.projection import DENY, LOGIN, SESSIONS
from agents.runtime.runtime import Runtime
from stores.keyring import agent_keys
from topics.contracts import auth_commands, auth_events, auth_hashing


def register(runtime: Runtime) -> None:
    settings = runtime.settings
    preparation = AccountPreparation(agent_keys(settings.keys), Passwords(), plain_tokens=settings.plain_tokens)
    runtime.decide(
        auth_commands.TOPIC, DECIDER, emits=auth_events.TOPIC, react=policy.react, prepare=preparation,
        ahead=(auth_hashing.TOPIC, HashedBeforehand(preparation)),
    )  # fmt: skip
    runtime.project(LOGIN)
    runtime.project(DENY)
    runtime.project(SESSIONS)

"""Intakes. `user_created`: an account exists, so a profile is awaited. `user_erased`: it is no more."""

from collections.abc import Iterable

from topics.contracts import user_commands
from topics.contracts.user_commands import CreatePending, EraseUser
from topics.contracts.user_created import UserCreated, whose
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send
from topics.messages.message import deliverable


def translate(message: UserCreated, origin: Origin) -> Iterable[Send]:
    """The body says whose account it is; publishers' keys are not trusted."""
    email = None if message.email is None else deliverable(message.email, "email")
    yield Send(user_commands.TOPIC, whose(message), CreatePending(email=email))


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(user_commands.TOPIC, message.user_id, EraseUser())

"""Intakes. `user_created`: an account exists, so a profile is awaited. `user_erased`: it is no more."""

from collections.abc import Iterable

from topics import user_commands
from topics.decision import Origin, Send
from topics.message import deliverable
from topics.user_commands import CreatePending, EraseUser
from topics.user_created import UserCreated, whose
from topics.user_erased import UserErased


def translate(message: UserCreated, origin: Origin) -> Iterable[Send]:
    """The body says whose account it is; publishers' keys are not trusted."""
    email = None if message.email is None else deliverable(message.email, "email")
    yield Send(user_commands.TOPIC, whose(message), CreatePending(email=email))


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(user_commands.TOPIC, message.user_id, EraseUser())

"""Intake of `user_created`: an account exists, so a profile is awaited."""

from collections.abc import Iterable

from topics import user_commands
from topics.decision import Arrival, Send
from topics.message import deliverable
from topics.user_commands import CreatePending
from topics.user_created import UserCreated, whose


def translate(message: UserCreated, arrival: Arrival) -> Iterable[Send]:
    """The body says whose account it is; publishers' keys are not trusted."""
    email = None if message.email is None else deliverable(message.email, "email")
    yield Send(user_commands.TOPIC, whose(message), CreatePending(email=email))

"""Intake of `user_created`: an account exists, so a profile is awaited."""

from collections.abc import Iterable

from topics import user_commands
from topics.decision import Arrival, Send
from topics.message import Undecodable
from topics.user_commands import CreatePending
from topics.user_created import UserCreated


def translate(message: UserCreated, arrival: Arrival) -> Iterable[Send]:
    """The body says whose account it is; publishers' keys are not trusted."""
    user_id = message.user_id or message.id
    if user_id is None:
        raise Undecodable("user_id", "neither id nor user_id is there")
    if message.id is not None and message.id != user_id:
        raise Undecodable("user_id", "id and user_id contradict each other")
    yield Send(user_commands.TOPIC, user_id, CreatePending(email=message.email))

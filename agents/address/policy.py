"""Intake of `user_erased`: the user's address book goes."""

from collections.abc import Iterable

from topics import address_commands
from topics.address_commands import EraseBook
from topics.decision import Origin, Send
from topics.user_erased import UserErased


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(address_commands.TOPIC, message.user_id, EraseBook())

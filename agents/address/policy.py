"""Intake of `user_erased`: the user's address book goes."""

from collections.abc import Iterable

from topics.contracts import address_commands
from topics.contracts.address_commands import EraseBook
from topics.contracts.user_erased import UserErased
from topics.deciding.decision import Origin, Send


def erase(message: UserErased, origin: Origin) -> Iterable[Send]:
    yield Send(address_commands.TOPIC, message.user_id, EraseBook())

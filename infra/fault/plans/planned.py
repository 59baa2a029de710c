"""One message of a plan, and what it must lead to. Pure."""

import uuid
from dataclasses import dataclass
from random import Random

from topics.messages.message import Message
from topics.messages.topic import Topic

TWICE = 0.05  # share of messages that are published once more
LATER = (1, 1, 2, 30, 300, 3000)  # so many messages after the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One message and what it must lead to.

    id None: published without headers. code: it is refused with this. handed_on: another domain has the outcome.
    again: published once more so many messages later.
    """

    topic: Topic
    key: str
    message: Message
    id: str | None
    caller: str = ""
    code: str | None = None
    handed_on: bool = False
    again: int | None = None


def planned(
    random: Random,
    topic: Topic,
    key: str,
    message: Message,
    caller: str,
    *,
    code: str | None = None,
    handed_on: bool = False,
) -> Planned:
    """With an id of its own; some are published twice."""
    again = random.choice(LATER) if random.random() < TWICE else None
    return Planned(
        topic=topic, key=key, message=message, id=drawn_id(random), caller=caller, code=code, handed_on=handed_on,
        again=again,
    )  # fmt: skip


def drawn_id(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))

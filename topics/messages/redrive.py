"""The engineers' command to a partition's actor: decide again what is parked behind a key.

It stands on the command topic itself, keyed by the parked key, so that it has its place in the order of that key.
"""

from topics.messages.message import Message

TYPE = "Redrive"


class Repaired(Message, frozen=True):
    """A parked message's new body: it keeps its id and its place. id: as `dlq list` shows it."""

    id: str
    source: str
    body: bytes


class Redrive(Message, frozen=True):
    """drop: ids that are given up for good (still in the dead letters, without effect)."""

    repaired: tuple[Repaired, ...] = ()
    drop: tuple[str, ...] = ()

"""Redrive: an engineer's message that has the parked messages of a key decided again.

It stands on the command topic of the domain, keyed by the parked key, so that it has its place among the messages of that key.
"""

from topics.messages.message import Message

TYPE = "Redrive"


class Repaired(Message, frozen=True):
    """A new body for a parked message, which keeps its id and its place. id: as `dlq list` shows it. source: as in the
    headers."""

    id: str
    source: str
    body: bytes


class Redrive(Message, frozen=True):
    """drop: ids of parked messages that are deleted without effect. Their dead letters stay."""

    repaired: tuple[Repaired, ...] = ()
    drop: tuple[str, ...] = ()

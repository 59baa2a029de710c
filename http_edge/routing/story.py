"""What a document tells its followers, event by event."""

from collections.abc import Sequence
from typing import NamedTuple


class Happening(NamedTuple):
    """An event of a stream. name: what clients listen for. data: one line of JSON."""

    name: str
    data: bytes


class Story(NamedTuple):
    """What a document tells: all that has happened so far, the oldest first. complete: nothing will follow."""

    happenings: Sequence[Happening]
    complete: bool

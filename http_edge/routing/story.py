"""What a document tells its followers, event by event."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Happening(NamedTuple):
    """An event of a stream. name: what clients listen for. data: one line of JSON."""

    name: str
    data: bytes


class Story(NamedTuple):
    """What a document tells: all that has happened so far, the oldest first. complete: nothing will follow."""

    happenings: Sequence[Happening]
    complete: bool


class Aside(NamedTuple):
    """What followers of a document are told besides: the latest value of a key, without an id, since nobody needs the ones
    before. name: of the event. key: document id → the Redis key, which holds `<version>\\n<json>`."""

    name: str
    key: Callable[[str], str]


class Beside(NamedTuple):
    """An Aside of one document. key: where its value is."""

    name: str
    key: str

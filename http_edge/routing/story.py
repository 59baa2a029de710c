"""What documents tell their followers, event by event."""

import re
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


_SEEN = re.compile(r"((?:@[0-9]{1,9})?)\.([0-9]{1,16})")


class Seen(NamedTuple):
    """How far a client is in the order in which the documents of a list change, which is the id of an event. tag: of the
    generation of the view. score: of the last document of which it was told."""

    tag: str
    score: str

    @classmethod
    def of(cls, event_id: str) -> "Seen":
        """Raises ValueError for one that is no id of such an event."""
        found = _SEEN.fullmatch(event_id)
        if found is None:
            raise ValueError(event_id)
        return cls(found[1], found[2])

    @property
    def id(self) -> bytes:
        return f"{self.tag}.{self.score}".encode()


class Aside(NamedTuple):
    """What followers of a document are told besides: the latest value of a key, without an id, since nobody needs the ones
    before. name: of the event. key: document id → the Redis key, which holds `<version>\\n<json>`."""

    name: str
    key: Callable[[str], str]


class Beside(NamedTuple):
    """An Aside of one document. key: where its value is."""

    name: str
    key: str

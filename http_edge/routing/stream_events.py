"""What streams of Server-Sent Events tell of documents."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple


class StreamEvent(NamedTuple):
    """One Server-Sent Event, without its id. name: what clients listen for. data: one line of JSON."""

    name: str
    data: bytes


class DocumentEvents(NamedTuple):
    """All events that a document tells so far, the oldest first. complete: none will follow."""

    events: Sequence[StreamEvent]
    complete: bool


_SEEN = re.compile(r"((?:@[0-9]{1,9})?)\.([0-9]{1,16})")


class ListPosition(NamedTuple):
    """How far a client has followed a list: the id of its last event. tag: of the generation of the view. score: of the last
    document that it was told of, in the sorted set of those that changed last."""

    tag: str
    score: str

    @classmethod
    def of(cls, event_id: str) -> "ListPosition":
        """Raises ValueError for one that is no id of such an event."""
        found = _SEEN.fullmatch(event_id)
        if found is None:
            raise ValueError(event_id)
        return cls(found[1], found[2])

    @property
    def id(self) -> bytes:
        return f"{self.tag}.{self.score}".encode()


class LatestValue(NamedTuple):
    """A value that followers of a document are told besides its events. They are told the latest only, so such an event has no
    id. name: of the event. key: document id → the Redis key, which holds `<version>\\n<json>`."""

    name: str
    key: Callable[[str], str]


class LatestValueAt(NamedTuple):
    """The LatestValue of one document. key: the Redis key."""

    name: str
    key: str

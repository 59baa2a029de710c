"""What a reader of a list asks the store of views for, and what it gets: one slice of a sorted set with the documents."""

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """A place in the order of a sorted set, as the store writes it. Nothing has to stand there."""

    score: str
    member: str


class Newest(NamedTuple):
    """Members of a sorted set, the highest score first. place: of the set (topics/keys.py). lowest: score that is listed. most:
    members at most."""

    place: str
    lowest: float
    most: int


class Span(NamedTuple):
    """index_name, view: names as in topics/keys.py. after: the place behind which the slice begins, None: at the beginning.

    lowest: the lowest score that is listed. entries, size: how many at most, and bytes of documents; one entry always fits.
    """

    index_name: str
    view: str
    after: Place | None = None
    lowest: float | None = None
    newest_first: bool = False
    entries: int = 1
    size: int = 1


class Slice(NamedTuple):
    """documents: `<version>\\n<json>` of each entry, empty where there is none. more: entries follow the last one."""

    members: Sequence[bytes]
    scores: Sequence[bytes]
    documents: Sequence[bytes]
    more: bool

    def place(self, number: int) -> Place:
        """Of the entry with this number, from 0."""
        return Place(self.scores[number].decode(), self.members[number].decode())

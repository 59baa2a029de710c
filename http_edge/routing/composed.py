"""The parts of a ComposedRow's answer: what its first look has found, and what it makes of that."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Document(NamedTuple):
    """Of a view. place: its key. version, body: of it; if there is none the body is empty, and the version may be 0."""

    place: str
    version: int
    body: bytes

    @property
    def at_version(self) -> str:
        """For Composed.depends_on."""
        return f"{self.place}@{self.version}"


class FirstLook(NamedTuple):
    """documents: those of the row, in their order; they show what the caller wrote. None in place of one whose view is not
    ready or stays behind. generations: view → the tag of the generation that readers use, None if the view is not ready. notes:
    domain → aggregate id → version, of what the caller wrote lately.

    guessed: key → value. newest: the first members of the row's sorted sets, None for a set that could not be read. These two
    may not show what the caller wrote.
    """

    documents: Sequence[Document | None]
    generations: Mapping[str, bytes | None]
    notes: Mapping[str, Mapping[str, int]]
    guessed: Mapping[str, bytes | None]
    newest: Sequence[Sequence[bytes] | None]


class Composed(NamedTuple):
    """depends_on: all that the body depends on besides language and code: documents with their versions, and texts that depend
    on the clock. If these are the same, so is the body. body: makes it; it is not called if the client has it already. headers:
    further ones. in_lira: the amounts in the body are in lira already, not in kuruş."""

    depends_on: Sequence[str]
    body: Callable[[], bytes]
    headers: Mapping[str, str] | None = None
    in_lira: bool = False

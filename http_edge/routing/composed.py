"""What an answer is made of that shows several documents at once, and that its client may have already."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Document(NamedTuple):
    """As a view shows it. body: JSON, empty where there is none; then the version may be 0."""

    place: str
    version: int
    body: bytes

    @property
    def fact(self) -> str:
        return f"{self.place}@{self.version}"


class Looked(NamedTuple):
    """What the first look of a request found.

    documents: those that were asked for, in order, with what the caller wrote. None: it cannot be told now, since the view is
    not ready or stays behind. generations: by view, what its ready key holds; None: it is not ready. notes: by domain, what the
    caller wrote lately, as aggregate id → version. guessed: by place, what stands there. newest: members of the sets that
    were read along, None where one cannot be read now. Neither of these two waits for what the caller wrote.
    """

    documents: Sequence[Document | None]
    generations: Mapping[str, bytes | None]
    notes: Mapping[str, Mapping[str, int]]
    guessed: Mapping[str, bytes | None]
    newest: Sequence[Sequence[bytes] | None]


class Composed(NamedTuple):
    """facts: all that the body depends on besides the language: versions of documents, and what the clock makes of them.
    Where they are the same, the body is. body: makes it; not called where the client has it. headers: more of them.
    in_lira: its amounts are in lira already, not in kuruş."""

    facts: Sequence[str]
    body: Callable[[], bytes]
    headers: Mapping[str, str] | None = None
    in_lira: bool = False

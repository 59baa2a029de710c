"""What a page of a list is: how many items, and where it begins."""

from dataclasses import dataclass
from typing import NamedTuple

from stores.listed import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """How many items of a list one answer gives. default: where the client says no `limit`. most: the highest limit."""

    default: int
    most: int


class Start(NamedTuple):
    """Where a page begins: behind a place in one of the sorted sets that a list is made of. number: of that set, from 0.
    place: None for the beginning of the set."""

    number: int
    place: Place | None


class Page(NamedTuple):
    """What a client asks for. limit: items. start: None for the first page."""

    limit: int
    start: Start | None

"""How many things of one kind an owner may have: each takes one of so many numbered seats.

A seat is a claim, which one aggregate owns. A command that makes a thing asks for all seats of its owner, and its decision
takes the first free one, which it names in `Decision.takes`. What is removed gives its seat back by `Decision.releases`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from topics.deciding.decision import Context

Seat = tuple[str, str]
"""(kind, owner and number), as claims are."""


@dataclass(frozen=True, slots=True)
class Seats:
    """kind: of the things, unique in its domain. most: that one owner may have."""

    kind: str
    most: int

    def of(self, owner: str) -> Iterable[Seat]:
        return ((self.kind, f"{owner}:{number}") for number in range(self.most))

    def free(self, owner: str, context: Context) -> Seat | None:
        """The first seat that nobody else has. None: the owner has as many as may be."""
        return next((seat for seat in self.of(owner) if context.claims.get(seat) == context.aggregate_id), None)

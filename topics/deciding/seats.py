"""How many things of one kind an owner may have: each takes one of so many numbered seats.

A seat is a claim, which one aggregate owns. A command that makes a thing asks for seats of its owner, and its decision takes
the first free one, which it names in `Decision.takes`. What is removed gives its seat back by `Decision.releases`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from topics.deciding.decision import Context

Seat = tuple[str, str]
"""(kind, owner and number), as claims are."""

_BYTES = 4  # of the digest, for the number of one seat


@dataclass(frozen=True, slots=True)
class Seats:
    """kind: of the things, unique in its domain. most: that one owner may have.

    asked: so many seats a thing asks for, drawn by its id; 0: for all. Where an owner may have thousands of things, to look up
    all seats for each would take too long. The last seats are then hard to get: where a share f of them is taken, a thing finds
    none with the chance f to the power of `asked`.
    """

    kind: str
    most: int
    asked: int = 0

    def of(self, owner: str, thing: str = "") -> Iterable[Seat]:
        """thing: the id of what wants a seat; needed where it asks for some of them only."""
        return ((self.kind, f"{owner}:{number}") for number in self._numbers(thing))

    def free(self, owner: str, context: Context) -> Seat | None:
        """The first seat that nobody else has. None: the owner has as many as may be, or nearly so."""
        wanted = self.of(owner, context.aggregate_id)
        return next((seat for seat in wanted if context.claims.get(seat) == context.aggregate_id), None)

    def _numbers(self, thing: str) -> Iterable[int]:
        if not self.asked:
            return range(self.most)
        drawn = hashlib.shake_256(thing.encode()).digest(self.asked * _BYTES)
        return (int.from_bytes(drawn[at : at + _BYTES]) % self.most for at in range(0, len(drawn), _BYTES))

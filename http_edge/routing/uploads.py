"""How many uploads are under way: they last long and hold some hundred kilobytes each."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from http_edge.wire.party import party_of
from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem, unavailable

AT_ONCE = 32  # of one edge process
MOST_OF_CALLER = 2
MOST_OF_ADDRESS = 8


class Uploads:
    """Of one edge process. refused: how many, since the start."""

    def __init__(self) -> None:
        self._callers: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self.refused = 0

    @property
    def count(self) -> int:
        return self._callers.total()

    @contextmanager
    def under_way(self, caller: str, address: str) -> Generator[None]:
        """One more, while it lasts. Raises Problem 429 and 503. address: empty for a trusted proxy, which has no bound."""
        name = party_of(address) if address else ""
        if self._callers[caller] >= MOST_OF_CALLER or (name and self._addresses[name] >= MOST_OF_ADDRESS):
            self.refused += 1
            raise _too_many()
        if self.count >= AT_ONCE:
            self.refused += 1
            raise unavailable("busy", "Very many send pictures right now, please try again.")
        self._callers[caller] += 1
        self._addresses[name] += 1
        try:
            yield
        finally:
            _less(self._callers, caller)
            _less(self._addresses, name)


def _less(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]


def _too_many() -> Problem:
    return Problem(
        429, "too_many_uploads", "You send other pictures already, wait until they are there.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )  # fmt: skip

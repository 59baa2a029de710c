"""How many uploads are under way: they last long, and hold some hundred kilobytes each, or a whole file."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem, unavailable

AT_ONCE = 32  # of one edge process
MOST_OF_CALLER = 2
MOST_OF_ADDRESS = 8
WHOLE_AT_ONCE = 4
WHOLE_OF_ADDRESS = 2
"""Of files that are held in memory whole, one of a caller. An address leaves room for others, however many accounts it has. A
menu of 4 MiB takes some 30 MB while its rows are on their way."""


class Uploads:
    """Of one edge process. refused: how many, since the start."""

    def __init__(
        self, at_once: int = AT_ONCE, of_caller: int = MOST_OF_CALLER, of_address: int = MOST_OF_ADDRESS
    ) -> None:
        self._at_once, self._of_caller, self._of_address = at_once, of_caller, of_address
        self._callers: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()
        self.refused = 0

    @property
    def count(self) -> int:
        return self._callers.total()

    @contextmanager
    def under_way(self, caller: str, address: str) -> Generator[None]:
        """One more, while it lasts. Raises Problem 429 and 503. address: see Asked; empty for a trusted proxy, which
        has no bound."""
        if self._callers[caller] >= self._of_caller or (address and self._addresses[address] >= self._of_address):
            self.refused += 1
            raise _too_many()
        if self.count >= self._at_once:
            self.refused += 1
            raise unavailable("busy", "Very many send files right now, please try again.")
        self._callers[caller] += 1
        self._addresses[address] += 1
        try:
            yield
        finally:
            _less(self._callers, caller)
            _less(self._addresses, address)


def _less(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if not counts[name]:
        del counts[name]


def _too_many() -> Problem:
    return Problem(
        429, "too_many_uploads", "You send other files already, wait until they are there.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )  # fmt: skip

"""Bodies that are files: they are held in memory while they are read and handed on, so few are under way at a time."""

from collections.abc import Generator
from contextlib import contextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem, unavailable

AT_ONCE = 4
"""Of one edge process; of one user one. A menu of 4 MiB takes some 30 MB while its rows are on their way."""


class Files:
    """Of one edge process. refused: how many since the start."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._senders: set[str] = set()
        self.refused = 0

    @contextmanager
    def one(self, sender: str) -> Generator[None]:
        """Raises Problem: 429 where this user sends a file already, 503 where too many others do."""
        if sender in self._senders:
            self.refused += 1
            raise Problem(
                429, "too_many_files", "A file of yours is on its way already, wait until it is there.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )  # fmt: skip
        if len(self._senders) >= self._at_once:
            self.refused += 1
            raise unavailable("busy", "Many files are on their way right now, please try again.")
        self._senders.add(sender)
        try:
            yield
        finally:
            self._senders.discard(sender)

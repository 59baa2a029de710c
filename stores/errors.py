"""How a store's failure is to be read. Adapters translate their driver's errors; nobody else knows the driver.

Doubt (Unavailable, Conflict) means: start again, the batch may or may not have happened. BadData means: this very input
can never be stored.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stores.protocol import Source


class Doubt(Exception):
    """Nobody knows whether it happened, or it did not for reasons outside the data. Retried with backoff, for ever."""


class Unavailable(Doubt):
    """A server is down, slow or refuses for now. `server` names it."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"{server}: {why}")
        self.server = server


class TimedOut(Unavailable):
    """The server did not end the work in time. Less work at once may be done in time."""


class Conflict(Doubt):
    """Somebody else wrote in between, or may have: look again and decide again."""


class Stale(Conflict):
    """A guarded write met a store that is no longer as it was at the look; it has changed nothing.

    sources: those whose floor moved. Empty: something else did (a version, an id, a claim).
    """

    def __init__(self, why: str, sources: "Sequence[Source]" = ()) -> None:
        super().__init__(why)
        self.sources = tuple(sources)


class BadData(Exception):
    """The store refuses the data itself (SQLSTATE 22 or 23, or its like). `code` is the store's own."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code

"""What the failure of a store or server means. Adapters translate the errors of their drivers; no other code knows a driver.

Doubt (Unavailable, Conflict): try again, the work may or may not have happened. BadData: this input can never be stored.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stores.protocol import Source


class Doubt(Exception):
    """It may or may not have happened, or it did not for a reason outside the data. Tried again, with growing waits."""


class Unavailable(Doubt):
    """A server is down, slow or refuses for now. `server` names it."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(server, why)  # these are its args, so that it can be pickled
        self.server = server

    def __str__(self) -> str:
        server, why = self.args
        return f"{server}: {why}"


class TimedOut(Unavailable):
    """The server did not end the work in time. With less work at once it may."""


class Conflict(Doubt):
    """Another process wrote in between, or may have: look and decide again."""


class Stale(Conflict):
    """A guarded write found the store no longer as it was at the look, and has written nothing.

    sources: those whose floors differ. Empty: something else does (a version, an id, a claim).
    """

    def __init__(self, why: str, sources: "Sequence[Source]" = ()) -> None:
        super().__init__(why)
        self.sources = tuple(sources)


class BadData(Exception):
    """The store refuses the data itself (SQLSTATE 22 or 23, or its like). `code` is the store's own."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


class Lost(Exception):
    """A domain's store does not hold what it held, or nobody has made it. Somebody has to act, the message says how."""

    def __init__(self, domain: str) -> None:
        super().__init__(
            f"the store of {domain} has lost what it held, and nothing of {domain} is decided:"
            f" `./lezzet {domain}s rebuild` makes it anew from {domain}_events"
        )


class IndexLost(Lost):
    """A search index does not hold what it held. domain: that writes it."""

    def __init__(self, domain: str, topic: str) -> None:
        Exception.__init__(
            self,
            f"Elasticsearch has lost what {domain} made of {topic}: `./lezzet {domain} rebuild --yes` makes it anew",
        )

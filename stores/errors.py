"""How a store's failure is to be read. Adapters translate their driver's errors; nobody else knows the driver.

Doubt (Unavailable, Conflict) means: start again, the batch may or may not have happened. BadData means: this very input
can never be stored.
"""


class Doubt(Exception):
    """Nobody knows whether it happened, or it did not for reasons outside the data. Retried with backoff, for ever."""


class Unavailable(Doubt):
    """A server is down, slow or refuses for now. `server` names it."""

    def __init__(self, server: str, why: str) -> None:
        super().__init__(f"{server}: {why}")
        self.server = server


class Conflict(Doubt):
    """Somebody else wrote in between (version, inbox, floor): read again and decide again."""


class BadData(Exception):
    """The store refuses the data itself (SQLSTATE 22 or 23, or its like). `code` is the store's own."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code

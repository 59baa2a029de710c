"""How much a round of commands takes at once."""

_MOST = 500  # messages of one partition
_WRITTEN = 8 * 1024 * 1024


class Room:
    """messages: of one partition in a round. bytes: after which a round writes what it has (one message more may come).

    A look is bounded by the store (stores.protocol.LOOK_BYTES).
    """

    def __init__(self) -> None:
        self.messages = _MOST
        self.bytes = _WRITTEN

    def written(self) -> None:
        """A round was written in time."""
        self.messages = min(_MOST, self.messages * 2)

    def halve(self) -> None:
        """The store did not end a round in time."""
        self.messages = max(1, self.messages // 2)

"""How much one round of commands may hold. After a time-out of the store it is less."""

_MOST = 500  # messages of one partition
_WRITTEN = 8 * 1024 * 1024  # bytes


class Limits:
    """messages: of one partition in a round, at most. bytes: a round that will write more takes no further message.

    What is read in a round is bounded by the store (stores.protocol.LOOK_BYTES).
    """

    def __init__(self) -> None:
        self.messages = _MOST
        self.bytes = _WRITTEN

    def written(self) -> None:
        """A round was written in time: allow more again."""
        self.messages = min(_MOST, self.messages * 2)

    def halve(self) -> None:
        """The store did not end a round in time: take half as many messages from now on."""
        self.messages = max(1, self.messages // 2)

"""How much one round of commands may hold. After a time-out of the store it is less."""

_MOST = 500  # messages of one partition
WRITTEN = 8 * 1024 * 1024
"""Bytes: a round that will write more takes no further message. What a round reads is bounded by the store (LOOK_BYTES)."""


CLAIMED = 2_000
"""Values that the messages of one part want as their own: each is looked up, and a seat (topics/deciding/seats.py) is one of
some hundred."""


class Limits:
    """How many messages one partition may have in a round. Each partition has limits of its own: its messages may be larger, or
    slower to write, than those of others.

    messages: at most.
    """

    def __init__(self) -> None:
        self.messages = _MOST

    def written(self, messages: int) -> None:
        """A round has written so many messages in time. If it had as many as it may, the next one may have twice as many."""
        if messages >= self.messages:
            self.messages = min(_MOST, self.messages * 2)

    def halve(self) -> None:
        """The store did not end a round in time: take half as many messages from now on."""
        self.messages = max(1, self.messages // 2)

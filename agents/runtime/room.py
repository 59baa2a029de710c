"""How many messages a round of commands takes: as many as keep within what a process should hold in memory at once."""

from stores.protocol import Moment

_FIRST, _MOST = 64, 500  # messages
_BYTES = 8 * 1024 * 1024


class Room:
    """messages: of one partition in a round. bytes: that a round may write before it stops.

    Nobody knows before the look how large the states are that messages speak of (a basket has up to 230 KB). So the room begins
    small, and grows and shrinks by what the looks brought.
    """

    def __init__(self) -> None:
        self.messages = _FIRST
        self.bytes = _BYTES

    def looked(self, moment: Moment, messages: int) -> None:
        """A look for so many messages brought this."""
        brought = sum(len(state.body) for state in moment.states.values())
        brought += sum(len(fact.body or "") for fact in moment.facts.values())
        allowed = _BYTES * messages // max(1, brought)
        self.messages = max(1, min(_MOST, self.messages * 2, allowed))

    def halve(self) -> None:
        """The store did not end a round in time."""
        self.messages = max(1, self.messages // 2)

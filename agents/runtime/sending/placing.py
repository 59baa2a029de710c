"""Ids of outbox rows, which say where a row stands in the order of its source."""

from collections.abc import Iterable

from agents.runtime.arrivals import Arrival
from agents.runtime.sending import letters
from agents.runtime.transport.lease import Lease
from stores.protocol import OutboxRow, RowId
from topics.messages.topic import Topic


class Placing:
    """Gives the outbox rows of one batch their ids: incarnation, offset of the message that led to the row, and a number that
    counts from 0 for each message."""

    def __init__(self, incarnation: int) -> None:
        self._incarnation = incarnation
        self._counts: dict[int, int] = {}

    def of(self, offset: int, rows: Iterable[OutboxRow]) -> list[OutboxRow]:
        """The rows with their ids. offset: of the message that led to them."""
        placed = list[OutboxRow]()
        for row in rows:
            n = self._counts.get(offset, 0)
            self._counts[offset] = n + 1
            placed.append(row._replace(id=RowId(self._incarnation, offset, n)))
        return placed


def dead_letters(lease: Lease, topic: Topic, arrivals: Iterable[Arrival]) -> list[OutboxRow]:
    """A dead letter with its id for each message of a batch that could not be read or used: `error` says why."""
    placing = Placing(lease.incarnation)
    return [
        row
        for arrival in arrivals
        for row in placing.of(
            arrival.offset, [letters.dead(lease.source, topic, arrival, str(arrival.error), parked=False)]
        )
    ]

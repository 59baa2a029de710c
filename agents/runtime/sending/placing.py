"""Where outbox rows stand in the order of their source."""

from collections.abc import Iterable

from stores.protocol import OutboxRow, RowId


class Placing:
    """Gives the rows that a batch leads to their ids: the place of the message that they come of, counted there from 0."""

    def __init__(self, incarnation: int) -> None:
        self._incarnation = incarnation
        self._counts: dict[int, int] = {}

    def of(self, offset: int, rows: Iterable[OutboxRow]) -> list[OutboxRow]:
        """offset: of the message that the rows come of."""
        placed = list[OutboxRow]()
        for row in rows:
            n = self._counts.get(offset, 0)
            self._counts[offset] = n + 1
            placed.append(row._replace(id=RowId(self._incarnation, offset, n)))
        return placed

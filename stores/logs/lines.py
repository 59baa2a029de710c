"""Log lines of this process that wait to be shipped. Whoever logs never waits, and never fails for it."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

MOST_LINES = 20_000
MOST_BYTES = 16 * 1024 * 1024
"""What waits at most: some minutes of a process that has much to say. Lines beyond that are dropped, and counted."""


class Line(NamedTuple):
    """level, domain: what the line says of itself. body: JSON, without a line break."""

    level: str
    domain: str
    body: bytes


class Lines:
    """Offered by any thread, one at a time (a logging handler has a lock); taken by one task.

    No lock stands between the two: each number is written by one side only, and a deque may be used by both.
    """

    def __init__(self, lines: int = MOST_LINES, size: int = MOST_BYTES) -> None:
        self._most_lines = lines
        self._most_bytes = size
        self._waiting = deque[Line]()
        self._offered_bytes = 0
        self._taken_bytes = 0
        self.dropped = 0  # since the start

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, line: Line) -> None:
        waiting = self._offered_bytes - self._taken_bytes
        if len(self._waiting) >= self._most_lines or waiting + len(line.body) > self._most_bytes:
            self.dropped += 1
            return
        self._offered_bytes += len(line.body)
        self._waiting.append(line)

    def take(self, most: int) -> list[Line]:
        """The oldest, `most` of them at most. They count as waiting until `done`."""
        return [self._waiting[n] for n in range(min(most, len(self._waiting)))]

    def done(self, lines: Iterable[Line]) -> None:
        """These, which are the oldest, wait no more."""
        for line in lines:
            self._waiting.popleft()
            self._taken_bytes += len(line.body)

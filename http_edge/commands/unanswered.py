"""Whether commands are answered: a topic whose commands stay without an answer is one where writes are not taken."""

from collections.abc import Callable

SILENT = 5  # commands of one topic without an answer, none answered between them
REMEMBERED = 10.0
"""Seconds after the last of them. An edge that is not ready gets no requests that could show that all is well again."""


class Unanswered:
    """Of one edge process. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._of: dict[str, tuple[int, float]] = {}

    def answered(self, topic: str) -> None:
        self._of.pop(topic, None)

    def missed(self, topic: str) -> None:
        """One got no answer in time."""
        self._of[topic] = (self._of.get(topic, (0, 0.0))[0] + 1, self._clock())

    def silent(self) -> list[str]:
        """The topics."""
        now = self._clock()
        return sorted(t for t, (count, at) in self._of.items() if count >= SILENT and now - at < REMEMBERED)

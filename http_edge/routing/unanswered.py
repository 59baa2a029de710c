"""Whether commands are answered: a topic whose commands stay without an answer is one where writes are not taken."""

from collections.abc import Callable

SILENT = 5
"""Aggregates whose commands got no answer, while no command of their topic got one. One alone may be parked (a poisoned key),
which is no reason to send nobody to this edge."""
REMEMBERED = 10.0
"""Seconds after the last of them. An edge that is not ready gets no requests that could show that all is well again."""


class Unanswered:
    """Of one edge process. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._keys: dict[str, set[str]] = {}
        self._last: dict[str, float] = {}

    def answered(self, topic: str) -> None:
        self._keys.pop(topic, None)

    def missed(self, topic: str, key: str) -> None:
        """A command for this aggregate got no answer in time."""
        now = self._clock()
        keys = self._keys.get(topic, set[str]()) if now - self._last.get(topic, now) < REMEMBERED else set[str]()
        if len(keys) < SILENT:
            keys.add(key)
        self._keys[topic], self._last[topic] = keys, now

    def silent(self) -> list[str]:
        """The topics."""
        now = self._clock()
        return sorted(
            topic for topic, keys in self._keys.items() if len(keys) >= SILENT and now - self._last[topic] < REMEMBERED
        )

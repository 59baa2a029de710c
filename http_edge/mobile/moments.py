"""What a process remembers for a moment: which restaurants are near a place, which campaigns end next. Many phones ask for the
same, and to find it costs Redis more than to read it. The documents themselves are read each time, so a moment hides only
that there is one more, and not from whoever has made it."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

SECONDS = 2.0
MOST = 5_000  # entries, of some KB


class Moments(Generic[K, V]):
    """What was kept longest ago goes first. now: monotonic seconds."""

    def __init__(self, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, now: float) -> V | None:
        """None where there is nothing, or it is older than a moment."""
        found = self._kept.get(key)
        return found[1] if found is not None and now - found[0] <= self._seconds else None

    def keep(self, key: K, value: V, now: float) -> None:
        self._kept[key] = now, value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

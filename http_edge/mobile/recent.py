"""What this process has found within the last seconds: ids of the restaurants near a place, and of the campaigns that end next.
Many phones ask for the same, and a search costs Redis more than a read.

Documents are not remembered, they are read each time. So an answer may only lack a document that was added within these
seconds; whoever has added it gets it, since for them nothing is remembered (blocks.wrote_in)."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

SECONDS = 2.0
MOST = 5_000  # entries, of some KB


class Recent(Generic[K, V]):
    """Each value is kept for `seconds`; of more than `most` the oldest goes. now: monotonic, in seconds."""

    def __init__(self, seconds: float = SECONDS, most: int = MOST) -> None:
        self._seconds = seconds
        self._most = most
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K, now: float) -> V | None:
        """None where there is nothing, or it is older than `seconds`."""
        found = self._kept.get(key)
        return found[1] if found is not None and now - found[0] <= self._seconds else None

    def keep(self, key: K, value: V, now: float) -> None:
        self._kept[key] = now, value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

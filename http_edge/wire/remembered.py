"""What an edge process keeps to spare itself work: bounded by bytes, since clients choose how large each of it is."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

ENTRY_BYTES = 512  # of an entry besides what it holds: objects, and a place in a dict
LARGEST = 1 / 32  # of all bytes: a single entry must not push out the many


class Remembered(Generic[K, V]):
    """most_bytes: in all. What was not used for longest goes first."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._entries: dict[K, tuple[V, int]] = {}
        self.bytes = 0

    def get(self, key: K) -> V | None:
        found = self._entries.pop(key, None)
        if found is None:
            return None
        self._entries[key] = found  # dicts keep the order of insertion
        return found[0]

    def keep(self, key: K, value: V, size: int) -> None:
        """size: bytes that key and value hold. Too large a one is not kept."""
        self.forget(key)
        size += ENTRY_BYTES
        if size > self._most * LARGEST:
            return
        self._entries[key] = value, size
        self.bytes += size
        while self.bytes > self._most:
            self.forget(next(iter(self._entries)))

    def forget(self, key: K) -> None:
        """Nothing where it is not there."""
        _, size = self._entries.pop(key, (None, 0))
        self.bytes -= size

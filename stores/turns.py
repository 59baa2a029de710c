"""A turn: a permit of a semaphore that somebody holds for a bounded time."""

import asyncio


class Turn:
    """Of a semaphore that was acquired. It is given back once: by `end`, or after `seconds`."""

    def __init__(self, free: asyncio.Semaphore, seconds: float) -> None:
        self._free = free
        self._ended = False
        self._late = asyncio.get_running_loop().call_later(seconds, self._give_back)

    def end(self, pause: float = 0.0) -> None:
        """pause: seconds until the permit is given back."""
        self._late.cancel()
        if pause and not self._ended:
            self._late = asyncio.get_running_loop().call_later(pause, self._give_back)
        else:
            self._give_back()

    def _give_back(self) -> None:
        if not self._ended:
            self._ended = True
            self._free.release()

"""Drops log lines that libraries repeat: aiokafka alone writes 20 MB about a minute without a broker."""

import logging
import time
from collections.abc import Callable

AGAIN = 10.0  # seconds between two lines from the same place of a library's code
CHATTY = ("aiokafka", "faust", "mode")


class Repeats(logging.Filter):
    """Drops a line of a library in CHATTY if the same place of its code wrote one within AGAIN seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in CHATTY:
            return True
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._said.get(place, float("-inf")) < AGAIN:
            return False
        self._said[place] = now
        return True

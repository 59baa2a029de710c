"""Keeps log lines few: what libraries repeat, what happens often, what is tried again and again.

A line at `warning` is one that an operator should look at. A retry that helps is none.
"""

import logging
import re
import time
from collections.abc import Callable, Hashable

AGAIN = 10.0  # seconds between two lines from the same place of a library's code
MINUTE = 60.0
LOOK = 10.0  # seconds that something is tried again and again, until somebody should look
LONGEST = 600.0  # seconds between two lines about it
CHATTY = ("aiokafka", "faust", "mode")

_MOST = 1_000  # kinds that are counted
# What Kafka answers while it sorts itself out, after its start for example. Where that does not end, the process is not ready.
_SETTLING = re.compile(
    r"CoordinatorNotAvailable|NotCoordinator|LeaderNotAvailable|NotLeaderForPartition|NotLeaderOrFollower"
)
_AWAY = re.compile(
    r"Unable connect|Unable to update metadata|Failed fetch messages|[Hh]eartbeat|Group Coordinator Request failed|"
    r"LeaveGroup|Error sending \w+|Unable to request metadata|NodeNotReady|KafkaConnectionError"
)


class Counted:
    """For a line about something that happens often: once a minute, with how often it happened."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Hashable, tuple[float, int]] = {}

    def due(self, kind: Hashable) -> int:
        """How often it happened since the last line, this time included. 0: the last line is less than a minute old."""
        now = self._clock()
        told, untold = self._seen.get(kind, (float("-inf"), 0))
        if now - told < MINUTE:
            self._seen[kind] = (told, untold + 1)
            return 0
        if len(self._seen) >= _MOST:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        return untold + 1


class Drags:
    """For something that is tried until it succeeds, from now on: a line after LOOK seconds, a minute after that, and then at
    intervals that double up to LONGEST."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next = LOOK
        self._interval = MINUTE

    def due(self) -> int:
        """Seconds since the first try, where it is time for a line; else 0."""
        passed = self._clock() - self._began
        if passed < self._next:
            return 0
        self._next = passed + self._interval
        self._interval = min(LONGEST, 2 * self._interval)
        return round(passed)


class Repeats(logging.Filter):
    """Drops a line of a library in CHATTY if the same place of its code wrote one within AGAIN seconds.

    What Kafka's client says of a broker that it does not reach becomes one line a minute, `kafka_away`: it says it in a dozen
    ways, each an error.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, int], float] = {}
        self._away = Counted(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        library = record.name.partition(".")[0]
        if library not in CHATTY:
            return True
        if library == "aiokafka" and not record.exc_info:
            said = record.getMessage()
            if _SETTLING.search(said):
                return False
            if _AWAY.search(said):
                return self._told(record, said)
        place, now = (record.pathname, record.lineno), self._clock()
        if now - self._said.get(place, float("-inf")) < AGAIN:
            return False
        self._said[place] = now
        return True

    def _told(self, record: logging.LogRecord, said: str) -> bool:
        if not (count := self._away.due("kafka")):
            return False
        record.msg, record.args = "kafka_away", None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.says, record.count = said, count  # fields of the line
        return True

"""How far the broker's clock is from ours, as acknowledgements tell.

Deadlines of commands are checked by the broker's clock, which stamps the records. An edge whose clock is two seconds behind
would send commands that are late when they arrive.
"""

from collections.abc import Callable
from typing import NamedTuple

DRIFT = 1e-4  # seconds a second by which two clocks may part; 100 ppm is what the worst quartz does
MOST_SECONDS = 30.0  # beyond that a clock is wrong, and tokens expire at the wrong time


class _Range(NamedTuple):
    """Seconds that the broker is ahead, as of `at` by our clock."""

    least: float
    most: float
    at: float

    def as_of(self, now: float) -> "_Range":
        drifted = abs(now - self.at) * DRIFT
        return _Range(self.least - drifted, self.most + drifted, now)


class BrokerClock:
    """clock: ours, in seconds since the epoch. One broker stands for all of a cluster: their clocks must agree."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._range: _Range | None = None

    @property
    def skew(self) -> float | None:
        """Seconds that the broker is ahead of us; None: nothing has been acknowledged yet."""
        return None if self._range is None else (self._range.least + self._range.most) / 2

    @property
    def sane(self) -> bool:
        return abs(self.skew or 0.0) <= MOST_SECONDS

    def ms(self) -> int:
        """Milliseconds since the epoch, by the broker's clock."""
        return int((self._clock() + (self.skew or 0.0)) * 1000)

    def heard(self, sent: float, appended_ms: int) -> None:
        """sent: by our clock, when the record went out. It was appended after that and before now."""
        now = self._clock()
        # the broker cuts off what is below a millisecond
        told = _Range(appended_ms / 1000 - now, (appended_ms + 1) / 1000 - sent, now)
        if told.least > told.most:
            return  # our clock was set back meanwhile
        known = told if self._range is None else self._range.as_of(now)
        both = _Range(max(known.least, told.least), min(known.most, told.most), now)
        self._range = both if both.least <= both.most else told  # one of the clocks was set

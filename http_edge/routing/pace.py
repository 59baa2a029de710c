"""How fast one client may make what nobody counts for it: accounts and anonymous baskets, and commands that are refused."""

import math
from collections import OrderedDict
from collections.abc import Callable

from http_edge.wire.problems import Problem

Clock = Callable[[], float]
"""Monotonic seconds."""

AT_ONCE = 300  # so that a school or an office behind one address is not stopped
A_SECOND = 1.0

REFUSED_AT_ONCE = 30
REFUSED_A_SECOND = 1.0
MOST_OWED = 60.0
"""Seconds after which whoever was refused too often may ask again, at the latest."""

WRONG_CODES_AT_ONCE = 60
WRONG_CODES_A_SECOND = 1 / 30
"""Codes of coupons that there are not, of one address: people mistype, programs try."""

MOST_NAMES = 20_000  # remembered; one that is forgotten begins anew


class Allowance:
    """What each name may still do: so much at once, and so much a second in the long run."""

    def __init__(self, clock: Clock, at_once: int, a_second: float) -> None:
        self._clock = clock
        self._at_once = float(at_once)
        self._a_second = a_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, name: str) -> float:
        """Below 1: nothing now. Below 0 it did more than it might, all at the same moment."""
        now = self._clock()
        left, at = self._left.get(name, (self._at_once, now))
        return min(self._at_once, left + (now - at) * self._a_second)

    def spend(self, name: str) -> None:
        left = max(self.left(name) - 1, -MOST_OWED * self._a_second)
        self._left[name] = left, self._clock()
        self._left.move_to_end(name)
        if len(self._left) > MOST_NAMES:
            self._left.popitem(last=False)

    def seconds(self, name: str) -> int:
        """Until something is left: a whole number, at least 1."""
        return max(1, math.ceil((1 - self.left(name)) / self._a_second))


class Pace:
    """What has no owner who could be counted, by address. Of one edge process. refused: how many since the start."""

    def __init__(self, clock: Clock, at_once: int = AT_ONCE) -> None:
        self._made = Allowance(clock, at_once, A_SECOND)
        self.refused = 0

    def take(self, address: str) -> None:
        """One more. Raises Problem 429. address: see Asked; empty for a trusted proxy, which is not paced."""
        if not address:
            return
        if self._made.left(address) < 1:
            self.refused += 1
            raise Problem(
                429, "too_many_requests", "Very much comes from your address, slow down and try again.",
                headers={"Retry-After": str(self._made.seconds(address))},
            )  # fmt: skip
        self._made.spend(address)


class Refusals:
    """Commands that the domains refuse, by who sends them. A refusal costs as much as what is done, and no quota ends it: who
    sends the same again and again is refused here. Of one edge process. refused: how many since the start."""

    def __init__(self, clock: Clock, at_once: int = REFUSED_AT_ONCE, a_second: float = REFUSED_A_SECOND) -> None:
        self._refused = Allowance(clock, at_once, a_second)
        self.refused = 0

    def check(self, name: str) -> None:
        """Raises Problem 429 where very many commands of this name were refused lately. name: empty for who is not paced."""
        if name and self._refused.left(name) < 1:
            self.refused += 1
            raise Problem(
                429, "too_many_refused", "Very many of your requests were refused, look at the answers and try again later.",
                headers={"Retry-After": str(self._refused.seconds(name))},
            )  # fmt: skip

    def note(self, name: str) -> None:
        """One more of its commands was refused by its domain."""
        if name:
            self._refused.spend(name)

"""How fast one address may make what has no owner who could be counted: accounts and anonymous baskets."""

from collections import OrderedDict
from collections.abc import Callable

from http_edge.wire.party import party_of
from http_edge.wire.problems import Problem

AT_ONCE = 300  # so that a school or an office behind one address is not stopped
A_SECOND = 1.0
MOST_ADDRESSES = 20_000  # remembered; one that is forgotten begins anew


class Pace:
    """Of one edge process. clock: monotonic seconds. refused: how many since the start."""

    def __init__(self, clock: Callable[[], float], at_once: int = AT_ONCE) -> None:
        self._clock = clock
        self._at_once = at_once
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self.refused = 0

    def take(self, address: str) -> None:
        """One more. Raises Problem 429. address: empty for a trusted proxy, which is not paced."""
        if not address:
            return
        name, now = party_of(address), self._clock()
        left, at = self._left.get(name, (float(self._at_once), now))
        left = min(float(self._at_once), left + (now - at) * A_SECOND)
        if left < 1:
            self.refused += 1
            raise Problem(
                429, "too_many_requests", "Very much comes from your address, slow down and try again.",
                headers={"Retry-After": str(int(1 / A_SECOND) + 1)},
            )  # fmt: skip
        self._left[name] = (left - 1, now)
        self._left.move_to_end(name)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)

"""Puts off decisions whose facts are older than what the caller has seen: copies of other domains' facts lag behind.

Somebody opens a restaurant, is told so, and adds a meal. The catalog may hear of the restaurant some milliseconds later. The
command says what the caller has seen (header `lezzet_after`). Its batch is tried again until the copies are that new, for
SECONDS at most; then it is decided on what is there.
"""

from collections.abc import Sequence
from time import monotonic

from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.unit_of_work import UnitOfWork
from agents.runtime.sending import letters
from stores.errors import Doubt
from topics.messages import headers
from topics.messages.reply import Wrote

SECONDS = 1.0  # that a message may wait; its caller waits two seconds for an answer
_REMEMBERED = 1_000  # aggregates that were awaited in vain


class FactsBehind(Doubt):
    """A copy is too old for a decision. Nothing was decided; the batch is tried again, like after any doubt."""


class Patience:
    """Of one domain. What was awaited in vain is not awaited again: a copy that misses an event would delay every batch."""

    def __init__(self) -> None:
        self._in_vain: dict[tuple[str, str], int] = {}

    def wait_for_facts(self, unit: UnitOfWork, todo: Sequence[Arrival]) -> None:
        """Raises FactsBehind if a message of `todo` should still wait."""
        for arrival in todo:
            if headers.AFTER in arrival.headers and unit.will_decide(arrival):
                missing = unit.working_set.behind(arrival, letters.seen(arrival))
                if missing is not None and not self._is_in_vain(arrival, missing):
                    raise FactsBehind(
                        f"{missing.domain} {missing.aggregate_id} is not known yet at version {missing.version}"
                    )

    def _is_in_vain(self, arrival: Arrival, missing: Wrote) -> bool:
        place = (missing.domain, missing.aggregate_id)
        if self._in_vain.get(place, 0) >= missing.version:
            return True
        if arrival.patient_until is None:
            arrival.patient_until = monotonic() + SECONDS
        if monotonic() < arrival.patient_until:
            return False
        if len(self._in_vain) >= _REMEMBERED:
            self._in_vain.clear()
        self._in_vain[place] = missing.version
        return True

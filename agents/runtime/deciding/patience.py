"""A decision waits for facts that are older than what its caller has seen: copies of other domains' facts lag behind.

Somebody opens a restaurant, is told so, and adds a meal: the catalog may hear of the restaurant some milliseconds later.
The command says what the caller has seen (header `lezzet_after`), and its batch is put off until the copies know of it, a
moment at most: then it is decided with what is known.
"""

from collections.abc import Sequence
from time import monotonic

from agents.runtime.arrivals import Arrival
from agents.runtime.deciding.ledger import Ledger
from agents.runtime.sending import letters
from stores.errors import Doubt
from topics import headers
from topics.reply import Wrote

SECONDS = 1.0  # for a batch: its answers are awaited for two
_REMEMBERED = 1_000


class FactsBehind(Doubt):
    """Tried again like any doubt; nothing was decided."""


class Patience:
    """Of one domain. What was awaited in vain is not awaited again: a copy that misses an event would delay every batch."""

    def __init__(self) -> None:
        self._in_vain: dict[tuple[str, str], int] = {}

    def wait_for_facts(self, ledger: Ledger, todo: Sequence[Arrival]) -> None:
        """Raises FactsBehind."""
        for arrival in todo:
            if headers.AFTER in arrival.headers and ledger.will_decide(arrival):
                missing = ledger.set.behind(arrival, letters.seen(arrival))
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

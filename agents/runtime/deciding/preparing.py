"""Before the round: takes commands that the edge might withdraw otherwise, and does slow work of a domain for those that it has
not withdrawn."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from agents.runtime.arrivals import Arrival
from stores.errors import Doubt
from stores.protocol import DomainStore, Stored
from topics.deciding.decision import Decider
from topics.messages import headers, redrive

HEAVY = 2
"""Heavy messages of a partition that are prepared and written together. So those behind them, of other users, wait for two
hashes and not for hundreds; and what the edge withdraws meanwhile is not hashed."""


class Preparation(Protocol):
    """Slow work before the round, off the event loop: password hashes, sealed boxes, signatures."""

    def heavy(self, command: Any) -> bool:
        """Whether it takes so long that other messages are not to wait for many of them."""
        ...

    async def prepare(
        self, command: Any, aggregate_id: str, state: Any, headers: Mapping[str, str], now: datetime, command_id: str
    ) -> Any:
        """What the decision gets as `context.prepared`. now: append time of the command. Raises Doubt (it is tried again)."""
        ...


class Fate(Protocol):
    """Whether a command is done or withdrawn; see stores.redis.fates."""

    async def take(self, ids: Sequence[str]) -> set[str]:
        """From here on the edge cannot withdraw these. Returns the ids that it has withdrawn before. Raises Doubt."""
        ...


class Preparing:
    """Prepares the commands of one domain, on states read without a lock. The decision checks that they are still current."""

    def __init__(
        self, decider: Decider[Any, Any, Any, Any], store: DomainStore, fate: Fate,
        preparation: Preparation | None,
    ) -> None:  # fmt: skip
        self._decider = decider
        self._store = store
        self._fate = fate
        self._preparation = preparation
        self._form = decider.form

    @property
    def needed(self) -> bool:
        """Whether messages must be prepared before they are decided."""
        return self._preparation is not None

    def together(self, found: Sequence[Arrival], most: int) -> int:
        """How many of the first messages are prepared and written together: those before the first heavy one, else HEAVY
        heavy ones and what stands between them."""
        heavy = [place for place, arrival in enumerate(found) if self._is_heavy(arrival)] if self.needed else []
        if not heavy:
            return most
        end = heavy[0] or (heavy[HEAVY] if len(heavy) > HEAVY else len(found))
        return min(most, end)

    def _is_heavy(self, arrival: Arrival) -> bool:
        if self._preparation is None or arrival.message is None or isinstance(arrival.message, redrive.Redrive):
            return False
        ahead = headers.PREPARED in arrival.headers
        return not arrival.expired and not ahead and self._preparation.heavy(arrival.message)

    async def slow_work(self, found: Sequence[Arrival]) -> None:
        """Prepares messages, but for those that were prepared on the current state already. Raises Doubt.

        What else the preparation raises is kept in `broken`, and parks the message when it is decided.
        """
        todo = [arrival for arrival in found if arrival.message is not None]
        for arrival in todo:
            arrival.broken = None
        if self._preparation is not None and todo:
            states = await self._store.states(list({a.key for a in todo if a.key is not None}))
            await asyncio.gather(*(self._one(self._preparation, a, states.get(a.key or "")) for a in todo))

    async def take(self, found: Sequence[Arrival]) -> None:
        """Takes the commands that the edge might withdraw, which are those with a deadline. Marks those that it has withdrawn
        before: their callers were answered 503. The others cannot be withdrawn any more, however long the rest takes and
        whatever becomes of this process. Raises Doubt."""
        known = [a for a in found if a.message is not None and headers.DEADLINE in a.headers]
        asked = [a for a in known if not a.taken and not a.expired]
        if asked:
            withdrawn = await self._fate.take([a.id for a in asked])
            for arrival in asked:
                arrival.withdrawn = arrival.id in withdrawn
                arrival.taken = not arrival.withdrawn

    async def _one(self, preparation: Preparation, arrival: Arrival, stored: Stored | None) -> None:
        version = 0 if stored is None else stored.version
        if arrival.key is None or arrival.message is None or isinstance(arrival.message, redrive.Redrive):
            return
        if arrival.expired or (arrival.prepared is not None and arrival.prepared_on == version):
            return
        arrival.prepared, arrival.prepared_on = None, version
        try:
            state = self._decider.state() if stored is None else self._form.decode(stored.body)
            arrival.prepared = await preparation.prepare(
                arrival.message, arrival.key, state, arrival.headers, arrival.at, arrival.id
            )
        except Doubt:
            raise
        except Exception as error:
            arrival.broken = error  # concerns this message only, like an exception of the decider

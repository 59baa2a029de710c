"""Before the transaction: slow work of a domain, and taking on what the edge might withdraw."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from agents.runtime.arrivals import Arrival
from stores.errors import Doubt
from stores.protocol import DomainStore, Stored
from topics import headers, redrive
from topics.decision import Decider


class Preparation(Protocol):
    """Slow work before the transaction, off the loop: password hashes, sealed boxes, signatures."""

    async def prepare(
        self, command: Any, aggregate_id: str, state: Any, headers: Mapping[str, str], now: datetime, command_id: str
    ) -> Any: ...


class Fate(Protocol):
    async def take(self, ids: Sequence[str]) -> set[str]:
        """From here on the edge withdraws none of these. Returns those that it has withdrawn before. Raises Doubt."""
        ...


class Preparing:
    """Of one domain's commands. States are read without a lock: decide checks that they are still current."""

    def __init__(
        self, decider: Decider[Any, Any, Any, Any], store: DomainStore, fate: Fate,
        preparation: Preparation | None,
    ) -> None:  # fmt: skip
        self._decider = decider
        self._store = store
        self._fate = fate
        self._preparation = preparation
        self._state = msgspec.json.Decoder(decider.state)

    @property
    def needed(self) -> bool:
        """Whether a message may not be decided unprepared."""
        return self._preparation is not None

    async def slow_work(self, found: Sequence[Arrival]) -> None:
        """What is prepared already, on the state as it is, stays. Raises Doubt."""
        todo = [arrival for arrival in found if arrival.message is not None]
        for arrival in todo:
            arrival.broken = None
        if self._preparation is not None and todo:
            states = await self._store.states(list({a.key for a in todo if a.key is not None}))
            await asyncio.gather(*(self._one(self._preparation, a, states.get(a.key or "")) for a in todo))

    async def take(self, found: Sequence[Arrival]) -> None:
        """Commands with a deadline may have been answered 503, where no word came back to the edge. What is taken here is
        not withdrawn any more, whatever becomes of this process and however long the rest takes."""
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
            state = self._decider.state() if stored is None else self._state.decode(stored.body)
            arrival.prepared = await preparation.prepare(
                arrival.message, arrival.key, state, arrival.headers, arrival.at, arrival.id
            )
        except Doubt:
            raise
        except Exception as error:
            arrival.broken = error  # as a raising decider: this message's fault, not its neighbours'

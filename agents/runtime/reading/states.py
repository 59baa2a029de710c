"""States of the own domain, for what is done beside its decisions: effects, and what others than Kafka bring."""

from typing import Any, Generic, TypeVar

import msgspec

from stores.protocol import DomainStore
from topics.deciding.decision import Decider

S = TypeVar("S", bound=msgspec.Struct)


class States(Generic[S]):
    def __init__(self, decider: Decider[Any, Any, S, Any], store: DomainStore) -> None:
        self._first = decider.state
        self._form = decider.form
        self._store = store

    async def of(self, aggregate_id: str) -> S:
        """As it is stored now; where nothing has happened yet, as it is before the first event. Raises Doubt."""
        stored = (await self._store.states([aggregate_id])).get(aggregate_id)
        return self._first() if stored is None else self._form.decode(stored.body)

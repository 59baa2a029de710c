"""A domain's store whose looks and writes are told as spans (stores/tracing.py). Made only where spans are wanted."""

from typing import Any, cast

from stores.protocol import DomainStore
from stores.tracing import around_call


def watched(store: DomainStore, system: str) -> DomainStore:
    """system: its server, e.g. `postgresql`."""
    return cast(DomainStore, _Watched(store, system))


class _Watched:
    def __init__(self, store: DomainStore, system: str) -> None:
        self._store = store
        self._about = {"db.system.name": system}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def look(self, *asked: Any, **more: Any) -> Any:
        with around_call("look", **self._about):
            return await self._store.look(*asked, **more)

    async def write(self, *asked: Any, **more: Any) -> Any:
        with around_call("write", **self._about):
            return await self._store.write(*asked, **more)

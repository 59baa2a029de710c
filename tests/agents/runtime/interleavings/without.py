"""Guards taken away, to show that a test notices: LEZZET_WITHOUT names one. Nothing of the product reads it."""

import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, get_args

import pytest

from agents.runtime import copying, deciding, drain, effecting, events, showing, taking_in
from agents.runtime.floor import Standing
from agents.runtime.leases import Batch
from stores.errors import Conflict
from stores.protocol import Changes, InboxKey, OutboxRow, Snapshot, Source

VARIABLE = "LEZZET_WITHOUT"
Guard = Literal["floor", "inbox", "left-overs", "delete-after-send", "parking", "versions", "epoch"]
GUARDS: tuple[Guard, ...] = get_args(Guard)


def removed() -> str:
    return os.environ.get(VARIABLE, "")


def patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guards that are functions; those of the store are taken away by `guarded`."""
    match removed():
        case "floor":
            for module in (copying, deciding, effecting, showing, taking_in):
                monkeypatch.setattr(module, "standing", _no_floor)
            monkeypatch.setattr(deciding.Deciding, "_standing", lambda _, batch, first, floor: Standing(first, False))
        case "left-overs":
            monkeypatch.setattr(drain.Drain, "left", _nothing)
        case "versions":
            monkeypatch.setattr(events, "is_next", lambda *_: True)
        case _:
            pass


def _no_floor(batch: Batch, floor: int) -> Standing:
    return Standing(batch.first, False)


async def _nothing(*_: Any) -> None:
    return None


def guarded(store: Any, *, inbox: bool = True) -> Any:
    """The store, or one that lacks a guard. inbox=False: a test that must hold without an inbox."""
    guard = removed()
    if guard in ("inbox", "parking", "delete-after-send", "epoch") or not inbox:
        return Unguarded(store, {guard, *([] if inbox else ["inbox"])})
    return store


class Unguarded:
    def __init__(self, store: Any, lacks: set[str]) -> None:
        self._store = store
        self._lacks = lacks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @asynccontextmanager
    async def unit(self, source: Source) -> AsyncGenerator[Any]:
        async with self._store.unit(source) as unit:
            yield _Unguarded(unit, self._store, self._lacks)

    async def begin_effects(self, source: Source, epoch: int, ids: Sequence[str]) -> dict[str, bool]:
        if "epoch" not in self._lacks:
            return await self._store.begin_effects(source, epoch, ids)
        for later in range(epoch, epoch + 50):
            try:
                return await self._store.begin_effects(source, later, ids)
            except Conflict:
                continue
        raise AssertionError("there is no such epoch")


class _Unguarded:
    def __init__(self, unit: Any, store: Any, lacks: set[str]) -> None:
        self._unit, self._store, self._lacks = unit, store, lacks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)

    async def read(self, ids: Sequence[InboxKey], keys: Sequence[str]) -> Snapshot:
        snapshot = await self._unit.read(ids, keys)
        if "inbox" in self._lacks:
            snapshot.known = {}
        if "parking" in self._lacks:
            snapshot.parked = set()
        return snapshot

    async def commit(self, changes: Changes) -> list[OutboxRow]:
        if "inbox" in self._lacks:
            changes.inbox = {}
        rows = await self._unit.commit(changes)
        if "delete-after-send" in self._lacks and rows:
            await self._store.forget([row.seq for row in rows])
        return rows

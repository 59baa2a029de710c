"""Somebody who waits for a turn and keeps it until told."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any


class Holding:
    """begun: whether it has its turn, or had it."""

    def __init__(self, turn: AbstractAsyncContextManager[Any]) -> None:
        self.begun = False
        self._end = asyncio.Event()
        self.task = asyncio.create_task(self._hold(turn))

    async def _hold(self, turn: AbstractAsyncContextManager[Any]) -> None:
        async with turn:
            self.begun = True
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        await self.task


async def settled() -> None:
    """Whatever can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)

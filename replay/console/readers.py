"""Readers of the log that stay open between two pages: to open one takes longer than most pages do."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from stores.kafka.log import LogReader

MOST = 3
"""At once. Each page that reads takes one; further ones wait for it."""
KEPT_SECONDS = 60.0
"""Afterwards a reader is opened anew: it knows those topics that were there at its opening."""


@dataclass(slots=True)
class _Open:
    log: LogReader
    since: float
    stack: AsyncExitStack


class Readers:
    def __init__(self, open_log: Callable[[], AbstractAsyncContextManager[LogReader]]) -> None:
        self._open_log = open_log
        self._room = asyncio.Semaphore(MOST)
        self._idle: list[_Open] = []

    @asynccontextmanager
    async def lend(self) -> AsyncGenerator[LogReader]:
        """Raises Unavailable. Whoever reads reads to the end that was asked for."""
        async with self._room:
            reader = await self._take()
            try:
                yield reader.log
            except BaseException:
                await reader.stack.aclose()
                raise
            self._idle.append(reader)

    async def _take(self) -> _Open:
        while self._idle:
            reader = self._idle.pop()
            if time.monotonic() - reader.since < KEPT_SECONDS:
                return reader
            await reader.stack.aclose()
        stack = AsyncExitStack()
        return _Open(await stack.enter_async_context(self._open_log()), time.monotonic(), stack)

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().stack.aclose()

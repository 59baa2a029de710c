"""Copies and views of one topic are made few at a time in a process: what one command changes may be copied and shown
by ten groups at the same moment, in the same event loop, and anything else would wait for all of them and not for two."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from stores.turns import Turn

AT_ONCE = 2
"""Of a topic: one goes on while the store works on the other."""
SECONDS = 0.05
"""Of a turn. What takes longer waits for a server, or has much to do: the others go on beside it."""


class Turns:
    """Of one process: each topic has its own."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._free: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    @asynccontextmanager
    async def turn(self, topic: str) -> AsyncGenerator[None]:
        """Around a little work on the topic, which may begin when the turn before has ended."""
        free = self._free[topic]
        await free.acquire()
        turn = Turn(free, self._seconds)
        try:
            yield
        finally:
            turn.end()

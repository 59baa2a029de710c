"""Commands of one client side by side: few, the others wait for them at the edge.

A domain takes commands in the order in which they come, whoever sends them, and all domains of an agents process share its
time. What an owner changes is shown in many views and copied by many domains: without a bound ten such commands at once are a
hundred batches while anybody else's one waits (`fault greed --attack restaurants`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem

AT_ONCE = 16  # of one client, of one edge process
COPIED_AT_ONCE = 1  # of what many domains copy and show, which goes on after the answer
# A command that has no answer by then waits for something itself, e.g. for a server that is away. It takes nobody's time
# meanwhile, and is not to hold up what its client asks of other domains.
TURN_SECONDS = 0.25
WAIT_SECONDS = 1.2  # for a turn: the rest of the two seconds is left to be answered in


class _Own:
    """Of one client. commands: that are under way, or wait for a turn."""

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.commands = 0


class _Turn:
    def __init__(self, own: _Own) -> None:
        self._own = own
        self._ended = False

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            self._own.turns.release()


class Abreast:
    """Of one edge process. refused: how many got no turn, since the start."""

    def __init__(self, turn: float = TURN_SECONDS, wait: float = WAIT_SECONDS) -> None:
        self._turn = turn
        self._wait = wait
        self._clients: dict[tuple[str, int], _Own] = {}
        self.refused = 0

    @asynccontextmanager
    async def turn(self, client: str, at_once: int = AT_ONCE) -> AsyncGenerator[None]:
        """Around a command of the client, one of `at_once`; commands with another bound have turns of their own. Raises Problem
        429. client: empty for who stands for many, and is not bounded."""
        if not client:
            yield
            return
        named = client, at_once
        own = self._clients.setdefault(named, _Own(at_once))
        own.commands += 1
        try:
            turn = await self._begin(own)
            late = asyncio.get_running_loop().call_later(self._turn, turn.end)
            try:
                yield
            finally:
                late.cancel()
                turn.end()
        finally:
            own.commands -= 1
            if not own.commands:
                del self._clients[named]

    async def _begin(self, own: _Own) -> _Turn:
        try:
            async with asyncio.timeout(self._wait if own.turns.locked() else None):
                await own.turns.acquire()
        except TimeoutError:
            self.refused += 1
            raise Problem(
                429, "too_many_at_once", "You send very much at once, wait for the answers and try again.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            ) from None  # fmt: skip
        return _Turn(own)

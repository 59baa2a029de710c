"""How many commands of one client are under way at the same time: few, its other commands wait for a turn at the edge.

A domain takes commands in the order in which they come, whoever sends them, and all domains of an agents process share its
time. What an owner changes is shown in many views and copied by many domains: without a bound ten such commands at once are a
hundred batches while anybody else's one waits (`fault greed --attack restaurants`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem
from stores.turns import Turn

AT_ONCE = 16  # commands of one client under way, in one edge process
COPIED_AT_ONCE = 1  # of these, commands whose events many domains copy and show
# The domains copy and show such an event after the command is answered. So the turn ends after a pause: so many times as long
# as the command took. More domains copy restaurants than meals. Measured by `fault greed`.
MEAL_PAUSE, RESTAURANT_PAUSE = 2, 8
# A command without an answer after so long waits for something itself, e.g. for a server that is away. It costs others no time
# then. Its turn ends, so that it does not hold up what the same client asks of other domains.
TURN_SECONDS = 0.25
WAIT_SECONDS = 1.2  # for a turn: the pause of the two seconds is left to be answered in


class _Own:
    """The turns of one client. commands: how many are under way, wait for a turn, or were answered and keep their turn."""

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.commands = 0


class Abreast:
    """The turns of all clients of one edge process. refused: how many commands got none, since the start."""

    def __init__(self, turn: float = TURN_SECONDS, wait: float = WAIT_SECONDS) -> None:
        self._turn = turn
        self._wait = wait
        self._clients: dict[tuple[str, int], _Own] = {}
        self.refused = 0

    @asynccontextmanager
    async def turn(self, client: str, pause_factor: int = 0) -> AsyncGenerator[None]:
        """Around a command of the client. Raises Problem 429.

        client: empty for a trusted proxy or the payment provider, which are not bounded. pause_factor: above 0 for a command
        whose event many domains copy. Such commands have turns of their own. The turn ends later than the command, by
        `pause_factor` times as long as that took, TURN_SECONDS at most.
        """
        if not client:
            yield
            return
        at_once = COPIED_AT_ONCE if pause_factor else AT_ONCE
        named = client, at_once
        own = self._clients.setdefault(named, _Own(at_once))
        own.commands += 1
        pause = 0.0
        loop = asyncio.get_running_loop()
        try:
            turn = await self._begin(own)
            begun = loop.time()
            try:
                yield
            finally:
                pause = min(pause_factor * (loop.time() - begun), self._turn)
                turn.end(pause)
        finally:
            if pause:
                loop.call_later(pause, self._gone, named, own)
            else:
                self._gone(named, own)

    def _gone(self, named: tuple[str, int], own: _Own) -> None:
        own.commands -= 1
        if not own.commands:
            del self._clients[named]

    async def _begin(self, own: _Own) -> Turn:
        try:
            async with asyncio.timeout(self._wait if own.turns.locked() else None):
                await own.turns.acquire()
        except TimeoutError:
            self.refused += 1
            raise Problem(
                429, "too_many_at_once", "You send very much at once, wait for the answers and try again.",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            ) from None  # fmt: skip
        return Turn(own.turns, self._turn)

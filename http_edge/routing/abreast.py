"""Commands of one client side by side: few, the others wait for them at the edge.

A domain takes commands in the order in which they come, whoever sends them, and all domains of an agents process share its
time. What an owner changes is shown in many views and copied by many domains: without a bound ten such commands at once are a
hundred batches while anybody else's one waits (`fault greed --attack restaurants`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem
from stores.turns import Turn

AT_ONCE = 16  # of one client, of one edge process
COPIED_AT_ONCE = 1  # of what many domains copy and show
# They do that after the answer. So the client's next one waits so many times as long as the one before took (measured by
# `fault greed`): after what concerns a meal, and after what concerns a restaurant, which more of them copy.
MEAL_RESTS, RESTAURANT_RESTS = 2, 8
# A command that has no answer by then waits for something itself, e.g. for a server that is away. It takes nobody's time
# meanwhile, and is not to hold up what its client asks of other domains.
TURN_SECONDS = 0.25
WAIT_SECONDS = 1.2  # for a turn: the rest of the two seconds is left to be answered in


class _Own:
    """Of one client. commands: that are under way, wait for a turn, or were answered and rest."""

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.commands = 0


class Abreast:
    """Of one edge process. refused: how many got no turn, since the start."""

    def __init__(self, turn: float = TURN_SECONDS, wait: float = WAIT_SECONDS) -> None:
        self._turn = turn
        self._wait = wait
        self._clients: dict[tuple[str, int], _Own] = {}
        self.refused = 0

    @asynccontextmanager
    async def turn(self, client: str, rests: int = 0) -> AsyncGenerator[None]:
        """Around a command of the client. Raises Problem 429.

        client: empty for who stands for many, and is not bounded. rests: above 0 for what many domains copy, which has turns of
        its own; such a turn ends so many times as long after the command as it took, a turn's time later at most.
        """
        if not client:
            yield
            return
        at_once = COPIED_AT_ONCE if rests else AT_ONCE
        named = client, at_once
        own = self._clients.setdefault(named, _Own(at_once))
        own.commands += 1
        rest = 0.0
        loop = asyncio.get_running_loop()
        try:
            turn = await self._begin(own)
            begun = loop.time()
            try:
                yield
            finally:
                rest = min(rests * (loop.time() - begun), self._turn)
                turn.end(rest)
        finally:
            if rest:
                loop.call_later(rest, self._gone, named, own)
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

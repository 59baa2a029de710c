"""Does to processes what happens to them: SIGKILL, SIGTERM, or stopped for a while and woken when others have taken over."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from random import Random

from infra.process import identity
from infra.stack.stage import say
from infra.supervision.child import Child, State

WAYS = (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)
READY_WITHIN = 180.0  # seconds from one death to the next chance: agents take 60 to start beside other work
GONE_WITHIN = 12.0


async def gone(process: identity.Mark | None, within: float = GONE_WITHIN) -> None:
    """Returns when it has ended, or after `within` seconds."""
    deadline = time.monotonic() + within
    while identity.alive(process) and time.monotonic() < deadline:  # noqa: ASYNC110 - not a child of this code
        await asyncio.sleep(0.02)


class Killer:
    """pause: seconds between two kills, least and most. stopped: seconds from SIGSTOP to SIGCONT."""

    def __init__(self, children: Sequence[Child], random: Random, pause: tuple[float, float], stopped: float) -> None:
        self._children = children
        self._random = random
        self._pause = pause
        self._stopped = stopped
        self._asleep: dict[str, asyncio.Task[None]] = {}
        self.done: Counter[str] = Counter()
        self.slowest_end = 0.0  # seconds from SIGTERM to the end

    async def run(self, kills: int) -> None:
        """Each way as often as the others, in random order. All stopped ones are awake again when it returns."""
        ways = [WAYS[n % len(WAYS)] for n in range(kills)]
        self._random.shuffle(ways)
        try:
            for way in ways:
                await asyncio.sleep(self._random.uniform(*self._pause))
                await self._hit(await self._victim(), way)
            await asyncio.gather(*self._asleep.values())
        finally:
            for child in self._children:
                waking = self._asleep.pop(child.program.name, None)
                if waking is not None:
                    waking.cancel()
                    self._send(child, signal.SIGCONT)

    async def _victim(self) -> Child:
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            awake = [child for child in self._children if child.program.name not in self._asleep]
            running = [child for child in awake if child.state is State.RUNNING and child.mark is not None]
            if running:
                return self._random.choice(running)
            await asyncio.sleep(0.05)
        raise TimeoutError(f"no process was ready within {READY_WITHIN:.0f} s")

    async def _hit(self, child: Child, way: signal.Signals) -> None:
        say(f"{way.name} to {child.program.name}")
        self.done[way.name] += 1
        before, begun = child.mark, time.monotonic()
        self._send(child, way)
        if way is signal.SIGSTOP:
            self._asleep[child.program.name] = asyncio.create_task(self._wake(child))
            return
        await gone(before)
        if way is signal.SIGTERM:
            self.slowest_end = max(self.slowest_end, time.monotonic() - begun)

    async def _wake(self, child: Child) -> None:
        await asyncio.sleep(self._stopped)
        self._send(child, signal.SIGCONT)
        say(f"{child.program.name} is awake again")
        self._asleep.pop(child.program.name, None)

    def _send(self, child: Child, number: signal.Signals) -> None:
        if child.mark is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.mark.pid, number)

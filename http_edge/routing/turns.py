"""Turns for commands whose domain hashes a password: few are under way at a time, and addresses come in turn.

One hash costs some 20 ms of a core, by intent. Without a bound a client that asks a hundred at once has all of them hashed
before anybody else's, and those whose askers have given up, too.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from http_edge.wire.problems import RETRY_AFTER_SECONDS, Problem, unavailable

AT_ONCE = 4  # under way, of one edge process: an agents process hashes two at once, others are on their way
# Of these, from one address. With one, half of what hashes is free when another address comes (`fault greed`).
AT_ONCE_OF_ADDRESS = 1
MOST_WAITING = 64
MOST_OF_ADDRESS = 16  # of these, from one address
WAIT_SECONDS = 1.2  # for a turn: the rest of the two seconds is left to be answered in


class Turns:
    """Of one edge process. refused: how many got none, since the start."""

    def __init__(self, at_once: int = AT_ONCE, seconds: float = WAIT_SECONDS) -> None:
        self._free = deque(range(at_once))  # the longest free one first, so all partitions of the topic have work
        self._seconds = seconds
        self._under_way = Counter[str]()
        self._waiting: OrderedDict[str, deque[asyncio.Future[int]]] = OrderedDict()
        self.refused = 0

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncGenerator[int]:
        """Which turn it is, from 0: nobody else has it meanwhile.

        Raises Problem: 429 where this address has too many waiting, 503 where all have, or where it takes too long.

        address: see Asked; empty for a trusted proxy, which is bounded by MOST_WAITING alone.
        """
        turn = await self._enter(address)
        try:
            yield turn
        finally:
            self._end(address, turn)

    async def _enter(self, name: str) -> int:
        if self._may_begin(name) and name not in self._waiting:
            return self._begin(name)
        if name and len(self._waiting.get(name, ())) >= MOST_OF_ADDRESS:
            self.refused += 1
            raise _too_many()
        if self.waiting >= MOST_WAITING:
            self.refused += 1
            raise _busy()
        called: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, deque()).append(called)
        try:
            await asyncio.wait((called,), timeout=self._seconds)
        except asyncio.CancelledError:
            if called.done():  # it was called and cancelled at the same moment: the turn is somebody else's
                self._end(name, called.result())
            else:
                self._leave(name, called)
            raise
        if not called.done():
            self._leave(name, called)
            self.refused += 1
            raise _busy()
        return called.result()

    def _leave(self, name: str, called: "asyncio.Future[int]") -> None:
        queue = self._waiting[name]
        queue.remove(called)
        if not queue:
            del self._waiting[name]

    def _may_begin(self, name: str) -> bool:
        return bool(self._free) and (not name or self._under_way[name] < AT_ONCE_OF_ADDRESS)

    def _begin(self, name: str) -> int:
        self._under_way[name] += 1
        return self._free.popleft()

    def _end(self, name: str, turn: int) -> None:
        self._free.append(turn)
        self._under_way[name] -= 1
        if not self._under_way[name]:
            del self._under_way[name]
        self._call_next()

    def _call_next(self) -> None:
        """The longest waiting of the address that was not called for longest, among those that may begin."""
        while (name := next(filter(self._may_begin, self._waiting), None)) is not None:
            queue = self._waiting.pop(name)
            called = queue.popleft()
            if queue:
                self._waiting[name] = queue
            called.set_result(self._begin(name))


def _too_many() -> Problem:
    return Problem(
        429, "too_many_logins", "Too many log-ins and registrations from your address wait already, try again later.",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )  # fmt: skip


def _busy() -> Problem:
    return unavailable("busy", "Very many log in right now, please try again.")

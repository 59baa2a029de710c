"""A time limit for a process that may be short of CPU."""

import asyncio
from types import TracebackType

_TURNS = 8


class LiveTimeout:
    """As `asyncio.timeout(seconds)`, but time in which the loop stands still is not counted. Raises TimeoutError.

    A loop that stood still for longer than its limit finds the answer and the end of the time at the same moment, and
    asyncio.timeout then takes a server that has answered for one that has not. This limit counts its time in several turns of
    the loop. In each of them the loop has read its sockets, and a turn counts as one however long it took.
    """

    __slots__ = ("_handle", "_left", "_limit", "_loop", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._left = _TURNS
        self._seconds = seconds / _TURNS

    async def __aenter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = asyncio.timeout(None)
        await self._limit.__aenter__()
        self._handle = self._loop.call_later(self._seconds, self._turn)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.cancel()
        await self._limit.__aexit__(kind, error, trace)

    def _turn(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._handle = self._loop.call_later(self._seconds, self._turn)
        else:
            self._limit.reschedule(self._loop.time())

"""Waiting for a condition, never for a time: a deadline says in words what did not come."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

SECONDS = 120.0
"""What is right comes in a moment on a quiet machine; on a busy one each process may stand still for many seconds, and agents
take 60 to start."""

BUSY = 10.0
"""Seconds in which also a busy machine answers what is promised within two or three. Who waits for a server waits longer."""


async def within(what: str, waiting: Awaitable[T], seconds: float = SECONDS) -> T:
    """The result of `waiting`. Fails with `what` after the deadline."""
    try:
        return await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        raise AssertionError(f"expected {what} within {seconds} s") from None


async def until(what: str, ask: Callable[[], Awaitable[T]], seconds: float = SECONDS, *, pause: float = 0.01) -> T:
    """The first answer of `ask` that is not falsy. Fails with `what` after the deadline. pause: seconds between two questions,
    longer where they are counted. After a question that takes long it is longer, too: else the questions slow what is waited
    for."""
    deadline = monotonic() + seconds
    while True:
        asked = monotonic()
        answer = await ask()
        if answer:
            return answer
        assert monotonic() < deadline, f"expected {what} within {seconds} s"
        await asyncio.sleep(max(pause, min(2 * (monotonic() - asked), 1.0)))

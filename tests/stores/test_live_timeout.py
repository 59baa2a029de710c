"""A limit of time that a loop which stood still does not use up."""

import asyncio
import socket
import time

import pytest

from stores.live_timeout import LiveTimeout


async def test_what_came_while_the_loop_stood_still_is_heard():
    loop, (ours, theirs) = asyncio.get_running_loop(), socket.socketpair()
    ours.setblocking(False)

    def stand_still() -> None:
        time.sleep(0.3)
        theirs.send(b"here")

    with ours, theirs:
        async with LiveTimeout(0.1):
            loop.call_soon(stand_still)
            assert await loop.sock_recv(ours, 10) == b"here"


async def test_what_does_not_come_is_given_up():
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with LiveTimeout(0.1):
            await asyncio.Event().wait()
    assert time.monotonic() - began >= 0.1


async def test_who_is_cancelled_is_cancelled():
    async def waits() -> None:
        async with LiveTimeout(60):
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

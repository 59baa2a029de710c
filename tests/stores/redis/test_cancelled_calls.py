"""Calls to Redis that are cancelled: stores.redis.connection."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.own_connection import OwnConnection

Call = Callable[[str], Awaitable[Any]]
"""Redis' answer to ECHO."""


@contextlib.asynccontextmanager
async def pooled(url: str) -> AsyncGenerator[Call]:
    async with contextlib.aclosing(connect(url)) as client:
        yield client.echo


@contextlib.asynccontextmanager
async def own(url: str) -> AsyncGenerator[Call]:
    async with contextlib.aclosing(connect(url)) as client:
        connection = OwnConnection(client)
        yield lambda word: connection.call("ECHO", word)
        await connection.close()


@pytest.mark.parametrize("opened", [pooled, own])
@pytest.mark.parametrize("connected", [False, True])
async def test_a_call_that_is_cancelled_at_any_of_its_steps_ends(servers: Stack, opened: Any, connected: bool):
    steps, done = 0, False
    while not done:
        async with opened(servers.endpoints.redis) as call:
            done = await ends_within(steps, call, connected)
        steps += 1
    assert steps > 2


async def ends_within(steps: int, call: Call, connected: bool) -> bool:
    """Whether a call is done after so many steps of the event loop; where it is not, it is cancelled."""
    if connected:
        await call("first")
    asked = asyncio.ensure_future(call("asked"))
    for _ in range(steps):
        await asyncio.sleep(0)
    if asked.done():
        return True
    asked.cancel()
    await asyncio.wait((asked,))
    assert asked.cancelled()
    assert await call("next") == b"next"
    return False

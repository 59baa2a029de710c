"""stores.redis.own_connection."""

import asyncio
import contextlib

import pytest

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.own_connection import OwnConnection


@pytest.mark.parametrize("connected", [False, True])
async def test_a_call_that_is_cancelled_at_any_of_its_steps_ends(servers: Stack, connected: bool):
    client = connect(servers.endpoints.redis)
    async with contextlib.aclosing(client):
        steps = 0
        while not await _ends_within(steps, OwnConnection(client), connected):
            steps += 1
    assert steps > 1


async def _ends_within(steps: int, connection: OwnConnection, connected: bool) -> bool:
    """Whether a call is done after so many steps of the event loop; where it is not, it is cancelled."""
    try:
        if connected:
            await connection.call("PING")
        call = asyncio.create_task(connection.call("PING"))
        for _ in range(steps):
            await asyncio.sleep(0)
        if call.done():
            return True
        call.cancel()
        await asyncio.wait((call,))
        assert call.cancelled()
        assert await connection.call("ECHO", "next") == b"next"
        return False
    finally:
        await connection.close()

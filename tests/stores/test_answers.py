"""An edge that stops hears no more replies, and is not held up by the connection they come over."""

import asyncio

import pytest

from infra.stack.stack import Stack
from stores.redis.answers import Answers
from stores.redis.connection import connect


@pytest.mark.parametrize("turns", range(24))
async def test_it_stops_wherever_its_connection_stands(servers: Stack, turns: int):
    redis = connect(servers.endpoints.redis)
    answers = Answers(redis, "stopping")
    answers.start()
    for _ in range(turns):
        await asyncio.sleep(0)  # the turn of the loop in which a cancellation is lost in the driver is not known
    await asyncio.wait_for(answers.stop(), 5)
    assert not answers.connected
    await redis.aclose()

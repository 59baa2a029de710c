"""An edge that stops hears no more replies, and is not held up by the connection they come over."""

import asyncio
import uuid

import msgspec
import pytest

from infra.stack.stack import Stack
from stores.redis.answers import Answers
from stores.redis.connection import connect
from tests.deadline import until, within
from topics import keys
from topics.messages.reply import Reply


async def test_of_two_requests_for_one_operation_the_second_hears_it_when_the_first_has_given_up(servers: Stack):
    redis = connect(servers.endpoints.redis)
    answers, operation = Answers(redis, "shared"), uuid.uuid4().hex
    answers.start()

    async def connected() -> bool:
        return answers.connected

    await until("the connection", connected)
    first, second = answers.expect(operation), answers.expect(operation)
    answers.forget(operation)
    reply = msgspec.json.encode(Reply(operation_id=operation, status="done"))
    await redis.publish(keys.reply_channel("shared"), reply)
    assert (await within("the reply", second)).status == "done" and first.done()
    answers.forget(operation)
    assert answers.expect(operation) is not second, "nothing is left of those who have gone"
    await answers.stop()
    await redis.aclose()


@pytest.mark.parametrize("turns", range(24))
async def test_it_stops_wherever_its_connection_stands(servers: Stack, turns: int):
    redis = connect(servers.endpoints.redis)
    answers = Answers(redis, "stopping")
    answers.start()
    for _ in range(turns):
        await asyncio.sleep(0)  # the turn of the loop in which a cancellation is lost in the driver is not known
    await within("an end of it", answers.stop())
    assert not answers.connected
    await redis.aclose()

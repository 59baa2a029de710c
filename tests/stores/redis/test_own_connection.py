"""A connection of our own to Redis: stores.redis.own_connection."""

import asyncio
import time
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.own_connection import OwnConnection
from tests.deadline import until

SECONDS = 0.5
PAUSED = 60  # seconds that the server would keep an answer back


@pytest_asyncio.fixture(loop_scope="session")
async def other(servers: Stack) -> AsyncGenerator[Redis]:
    """Another client of the same server."""
    client = connect(servers.endpoints.redis)
    yield client
    await client.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def own(servers: Stack) -> AsyncGenerator[OwnConnection]:
    client = connect(servers.endpoints.redis, timeout=SECONDS)
    connection = OwnConnection(client)
    yield connection
    await connection.close()
    await client.aclose()


async def test_what_is_refused_stands_in_place_of_its_answer(own: OwnConnection):
    first, refused, last = await own.calls([("ECHO", "a"), ("NO_SUCH_COMMAND",), ("ECHO", "b")])
    assert (first, last) == (b"a", b"b")
    assert isinstance(refused, ResponseError)
    with pytest.raises(ResponseError):
        await own.call("NO_SUCH_COMMAND")
    assert await own.call("ECHO", "c") == b"c", "the connection is as good as before"


async def test_each_of_many_calls_at_once_gets_its_own_answers(own: OwnConnection):
    """Without turns the second call gets what the first one asked for."""
    asked = [[("ECHO", f"{call} {place}") for place in range(call + 1)] for call in range(20)]
    found = await asyncio.wait_for(asyncio.gather(*map(own.calls, asked)), SECONDS * 10)
    assert found == [[words[1].encode() for words in commands] for commands in asked]


async def test_who_gives_up_before_its_turn_disturbs_nobody(own: OwnConnection, other: Redis):
    assert await own.call("ECHO", "connected") == b"connected"
    await other.client_pause(PAUSED * 1000, all=False)
    first = asyncio.create_task(own.call("SET", "first", "x", "PX", 1))
    waiting = asyncio.create_task(own.call("ECHO", "given up"))
    await asyncio.sleep(0)  # both have begun
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await other.client_unpause()
    assert await first == b"OK"
    assert await own.call("ECHO", "next") == b"next"


async def test_an_answer_that_comes_in_many_pieces_is_whole(own: OwnConnection):
    large = b"x" * (5 << 20)
    assert await own.calls([("ECHO", large), ("ECHO", "after")]) == [large, b"after"]


async def test_no_answer_in_time_is_an_error_and_never_the_next_ones(own: OwnConnection, other: Redis):
    assert await own.call("ECHO", "connected") == b"connected"
    await other.client_pause(PAUSED * 1000, all=False)  # of writes alone, so that it can be ended
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await own.call("SET", "late", "x", "PX", 1)
    assert SECONDS <= time.monotonic() - began < PAUSED
    await other.client_unpause()
    assert await own.call("ECHO", "next") == b"next"


async def test_a_connection_that_the_server_has_closed_is_made_anew(own: OwnConnection, other: Redis):
    mine = await own.call("CLIENT", "ID")
    await other.client_kill_filter(_id=str(mine))

    async def noticed() -> bool:
        return own._answers.lost  # pyright: ignore[reportPrivateUsage]

    await until("the connection to be lost", noticed)
    assert await own.call("ECHO", "again") == b"again"


async def test_a_connection_that_breaks_while_it_waits_is_an_error(own: OwnConnection, other: Redis):
    mine = await own.call("CLIENT", "ID")
    waiting = asyncio.ensure_future(own.call("BLPOP", "no such list", 60))

    async def blocked() -> bool:
        return any(each["id"] == str(mine) and each["cmd"] == "blpop" for each in await other.client_list())

    await until("the server to wait", blocked)
    await other.client_kill_filter(_id=str(mine))
    with pytest.raises(ConnectionError):
        await waiting
    assert await own.call("ECHO", "again") == b"again"

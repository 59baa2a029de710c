"""How full Redis is: an alarm before the wall, and at the wall that it takes no writes."""

import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError
from structlog.testing import capture_logs

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.memory import ALARM, Memory

FILLER = 64 * 1024 * 1024  # bytes: what else comes and goes is little beside it


@pytest_asyncio.fixture(loop_scope="session")
async def redis(servers: Stack) -> AsyncGenerator[Redis]:
    client = connect(servers.endpoints.redis)
    filler = f"test:{uuid.uuid4()}"
    await client.setrange(
        filler, FILLER, "x"
    )  # sent as one byte: the buffer of a long command would count, too, for a while
    limit = (await client.config_get("maxmemory"))["maxmemory"]
    yield client
    await client.config_set("maxmemory", limit)
    await client.delete(filler)
    await client.aclose()


async def limited(redis: Redis, share: float) -> None:
    """Sets the limit so that this share of it is in use."""
    used = int((await redis.info("memory"))["used_memory"])
    await redis.config_set("maxmemory", int(used / share))


async def test_the_alarm_comes_once_before_the_wall_and_again_after_a_calm(redis: Redis):
    memory = Memory(redis)
    with capture_logs() as said:
        for share in (0.5, ALARM + 0.05, ALARM + 0.08, ALARM - 0.02, 0.5, ALARM + 0.05):
            await limited(redis, share)
            await memory.look()
            assert memory.share == pytest.approx(share, abs=0.02) and not memory.refuses
    assert [line["server"] for line in said if line["log_level"] == "warning"] == ["redis", "redis"]
    assert memory.alarm


async def test_a_redis_that_is_only_watched_is_not_written_to(servers: Stack):
    client = connect(servers.endpoints.redis_baskets)
    memory = Memory(client, "redis-baskets", tries=False)
    await memory.look()
    assert 0 < memory.share < ALARM and not memory.alarm
    assert not await client.exists("memory:probe")
    await client.aclose()


async def test_a_full_redis_is_known_as_one_until_there_is_room(redis: Redis):
    memory = Memory(redis)
    await limited(redis, 1.5)
    with pytest.raises(OutOfMemoryError):
        await redis.set(f"test:{uuid.uuid4()}", "x", ex=1)
    await memory.look()
    assert memory.refuses and memory.share > 1
    await limited(redis, 0.5)
    await memory.look()
    assert not memory.refuses


async def test_without_a_limit_there_is_no_share(redis: Redis):
    memory = Memory(redis)
    await redis.config_set("maxmemory", 0)
    await memory.look()
    assert (memory.share, memory.refuses, memory.alarm) == (0.0, False, False)

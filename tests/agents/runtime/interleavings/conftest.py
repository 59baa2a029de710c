"""Each test has its own schema, topics and names on the servers of the session."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from agents.runtime.publisher import Publisher
from infra.stack import Stack
from stores.kafka.admin import make_topics
from stores.postgres.migrate import RUNTIME
from stores.postgres.store import connect
from stores.redis.connection import connect as connect_redis
from stores.redis.replies import Replies
from tests.agents.runtime.interleavings import without
from tests.agents.runtime.interleavings.counting import roles
from tests.agents.runtime.interleavings.reading import Reader
from tests.agents.runtime.interleavings.scene import Outside, Scene


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def outside(servers: Stack) -> AsyncGenerator[Outside]:
    at = servers.endpoints
    consumer = AIOKafkaConsumer(bootstrap_servers=at.kafka, enable_auto_commit=False, fetch_max_wait_ms=10)
    await consumer.start()
    publisher, redis = Publisher([at.kafka]), connect_redis(at.redis)
    yield Outside(at.postgres, publisher, Replies(redis), redis, Reader(consumer))
    await publisher.stop()
    await redis.aclose()
    await asyncio.gather(consumer.stop(), return_exceptions=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(servers: Stack) -> AsyncGenerator[asyncpg.Pool]:
    async with asyncpg.create_pool(servers.endpoints.postgres, min_size=1, max_size=2) as pool:
        yield pool


@pytest_asyncio.fixture
async def schema(admin: asyncpg.Pool) -> AsyncGenerator[str]:
    """A domain's tables under a name of the test's own; migrations have tests of their own and cost half a second."""
    name = f"t{uuid.uuid4().hex[:10]}"
    async with admin.acquire() as connection:
        await connection.execute(f"create schema {name}; set search_path to {name}")
        for file in sorted(RUNTIME.glob("*.sql")):
            await connection.execute(file.read_text())
    yield name
    await admin.execute(f"drop schema {name} cascade")


MakeScene = Callable[..., Awaitable[Scene]]


@pytest_asyncio.fixture
async def make_scene(servers: Stack, outside: Outside, schema: str) -> AsyncGenerator[MakeScene]:
    made: list[Scene] = []

    async def make(partitions: int = 1) -> Scene:
        found = roles(schema, partitions)
        await make_topics([servers.endpoints.kafka], [found.commands, found.events])
        made.append(Scene(schema, found, outside, await connect(outside.postgres, schema, size=2)))
        return made[-1]

    yield make
    for scene in made:
        for pool in (scene.schema, *(owner.pool for owner in scene.owners)):
            pool.terminate()


@pytest_asyncio.fixture
async def scene(make_scene: MakeScene) -> Scene:
    return await make_scene()


@pytest.fixture(autouse=True)
def _without_a_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    without.patch(monkeypatch)

"""A data folder of a release whose views had no generations."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from redis.asyncio import Redis

from infra.stack.stack import Stack
from stores.redis.connection import connect
from stores.redis.generations import ViewGenerations
from topics import keys

LEFT = (
    "views:shapes", "views:ready:basket", "deny:ready", "view:basket:u-1", "index:orders:u-1", "index:search:rows",
    "caught_up:basket", "floor:basket.project:basket_events:0", "login:0a",
)  # fmt: skip
OTHERS = (
    keys.reply("o-1"), keys.fate("c-1"), keys.denied_token("j-1"), keys.verification("t"), "view:basket@1:u-1",
    "floor:basket@1:basket.project:basket_events:0", keys.generations("basket"),
)  # fmt: skip


@pytest_asyncio.fixture
async def redis(servers: Stack) -> AsyncGenerator[Redis]:
    """A database of its own."""
    made = connect(servers.endpoints.redis.rpartition("/")[0] + "/5")
    await made.flushdb()
    await made.mset(dict.fromkeys((*LEFT, *OTHERS), "1"))
    yield made
    await made.flushdb()
    await made.aclose()


async def test_its_views_are_removed_and_nothing_else(redis: Redis):
    assert await ViewGenerations(redis).remove_untagged() > 0
    assert await redis.exists(*LEFT) == 0
    assert await redis.exists(*OTHERS) == len(OTHERS)


async def test_there_is_nothing_to_do_where_there_are_generations(redis: Redis):
    await redis.delete(keys.BEFORE_GENERATIONS)
    assert await ViewGenerations(redis).remove_untagged() == 0
    assert await redis.exists(*LEFT[1:]) == len(LEFT) - 1

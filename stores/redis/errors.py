"""All failures of Redis are doubt: a script is applied whole or not at all, and the runtime may send it again."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import redis.exceptions

from stores.errors import Unavailable


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raises Unavailable where Redis is down, starting, full or slow."""
    try:
        yield
    except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
        raise Unavailable("Redis", f"{type(error).__name__}: {str(error)[:120]}") from error

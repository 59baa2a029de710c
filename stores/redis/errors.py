"""Redis' failures are all doubt: a batch of view changes is one script, applied whole or not, and may be sent again."""

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

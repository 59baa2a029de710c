"""What a client of Kafka raises where the broker is down or slow, as one error of ours."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaError

from stores.errors import Unavailable


@asynccontextmanager
async def translated() -> AsyncGenerator[None]:
    """Raises Unavailable."""
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("Kafka", type(error).__name__) from error

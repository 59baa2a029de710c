"""Real servers for every test that asks for them: started once a session, on ports of their own."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings

from infra.servers.registry import servers as servers_named
from infra.stack.stack import Stack
from stores.redis_authority.making import open_making

# Else every exception that a test makes the product log is drawn with its local variables, which takes up to a second.
_AS_PYTHON_WRITES = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _AS_PYTHON_WRITES])

# An example that takes 200 ms is no fault: on a busy machine the process may have stood still for as long.
settings.register_profile("lezzet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lezzet")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers() -> AsyncGenerator[Stack]:
    """Kafka, PostgreSQL, both Redis, MongoDB, RabbitMQ and the mailbox; servers.endpoints, .environment(), .stop, .start."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-tests-"))
    try:
        async with Stack(data=folder) as stack:
            # Before any test sends a command: a store without floors whose topics have messages would count as lost.
            async with open_making(stack.endpoints.redis_baskets, "basket") as making:
                await making.finish({}, "new")
            yield stack
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def elastic(servers: Stack) -> str:
    """Elasticsearch beside them, for the tests that ask for it. Its URL."""
    await servers.supervisor.start_servers(servers_named(servers.site, ("elastic",)))
    return servers.endpoints.elastic

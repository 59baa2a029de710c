"""Real servers for every test that asks for them: started once a session, on ports of their own."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from infra.stack.stack import Stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def servers() -> AsyncGenerator[Stack]:
    """Kafka, PostgreSQL, Redis, MongoDB and the mailbox; servers.endpoints, servers.environment(), servers.stop/start."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-tests-"))
    try:
        async with Stack(data=folder) as stack:
            yield stack
    finally:
        shutil.rmtree(folder)

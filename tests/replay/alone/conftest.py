"""Servers to which no other test writes: what is asked here is asked of whole topics, and of where all groups stand."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest_asyncio

from agents.provision import provision
from infra.stack.stack import Stack
from replay.tools import Tools
from stores.settings import load


@asynccontextmanager
async def own_servers() -> AsyncGenerator[Stack]:
    """With the contracts' topics and schemas."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-replays-"))
    try:
        async with Stack(data=folder) as stack:
            await provision(load(stack.environment()))
            yield stack
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def servers() -> AsyncGenerator[Stack]:
    async with own_servers() as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def tools(servers: Stack) -> Tools:
    return Tools(load(servers.environment()))

"""Servers to which no other test writes: what is asked here is asked of whole topics, and of where all groups stand."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from agents.provision import provision
from infra.stack.stack import Stack
from replay.tools import Tools
from stores.settings import load


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def servers() -> AsyncGenerator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="lezzet-replays-"))
    try:
        async with Stack(data=folder) as stack:
            await provision(load(stack.environment()))
            yield stack
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def tools(servers: Stack) -> Tools:
    return Tools(load(servers.environment()))

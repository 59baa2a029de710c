"""The contracts' topics and schemas on the real servers, and an engineer's desk."""

import pytest
import pytest_asyncio

from agents.provision import provision
from infra.stack.stack import Stack
from replay.tools import Tools
from stores.settings import load
from tests.replay.scene import Desk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tools(servers: Stack) -> Tools:
    settings = load(servers.environment())
    await provision(settings)
    return Tools(settings)


@pytest.fixture
def desk(tools: Tools, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tools, capsys)

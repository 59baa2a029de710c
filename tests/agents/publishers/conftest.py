"""All agents, as a process of their own, on servers of their own: what is sent here is in no other test's way."""

import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from agents.provision import provision
from infra.stack.stack import Stack
from replay.tools import Tools
from stores.settings import load
from tests.agents.publishers.audience import Audience, Seat, ask
from tests.deadline import until
from tests.replay.scene import Desk, running


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def running_agents() -> AsyncGenerator[Stack]:
    """What they log is in `agents.log` of the stack's folder."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-publishers-"))
    try:
        async with Stack(data=folder) as stack:
            await provision(load(stack.environment()))
            with (folder / "agents.log").open("wb") as log:
                async with running(stack, "agents", log=log, level="debug"):
                    await until("the agents to hold all partitions", lambda: _ready(folder / "agents.log"))
                    yield stack
    finally:
        shutil.rmtree(folder)


async def _ready(log: Path) -> bool:
    return (await ask(log, "health/ready"))[0] == 200


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def seat(running_agents: Stack) -> AsyncGenerator[Seat]:
    tools = Tools(load(running_agents.environment()))
    async with tools.log() as log, tools.domains() as domains, tools.view_floors() as views:
        yield Seat(log, domains, views)


@pytest.fixture
def audience(running_agents: Stack, seat: Seat, capsys: pytest.CaptureFixture[str]) -> Audience:
    desk = Desk(Tools(load(running_agents.environment())), capsys)
    return Audience(desk, seat, running_agents.endpoints.kafka, running_agents.site.data.root / "agents.log")

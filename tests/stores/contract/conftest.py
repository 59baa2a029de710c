"""Every test of the contract runs on every implementation."""

import uuid
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from infra.stack.stack import Stack
from stores.protocol import DomainStore
from tests.stores.contract.stage import HERE, IMPLEMENTATIONS, THERE, Stage


@pytest_asyncio.fixture(params=IMPLEMENTATIONS)
async def stage(request: pytest.FixtureRequest, servers: Stack) -> AsyncGenerator[Stage]:
    """A domain of the test's own; both partitions are open."""
    implementation = IMPLEMENTATIONS[request.param]
    async with implementation.stage(implementation.url(servers.endpoints), f"t{uuid.uuid4().hex[:10]}") as made:
        for source in (HERE, THERE):
            await made.one.open(source, 0)
        yield made


@pytest.fixture
def store(stage: Stage) -> DomainStore:
    return stage.one

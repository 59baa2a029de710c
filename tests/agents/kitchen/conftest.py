"""A virtual host of RabbitMQ for these tests alone: agents of other tests would take the answers that are sent here."""

import uuid
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import aiohttp
import pytest_asyncio

from infra.stack.stack import Stack


@pytest_asyncio.fixture(loop_scope="session")
async def rabbit_url(servers: Stack) -> AsyncGenerator[str]:
    said = urlsplit(servers.endpoints.rabbit)
    name, login = f"test-{uuid.uuid4().hex[:12]}", aiohttp.BasicAuth(said.username or "", said.password or "")
    api = f"http://127.0.0.1:{servers.site.ports['rabbit_management']}/api"
    async with aiohttp.ClientSession(auth=login, raise_for_status=True) as session:
        await session.put(f"{api}/vhosts/{name}")
        anything = {"configure": ".*", "write": ".*", "read": ".*"}
        await session.put(f"{api}/permissions/{name}/{said.username}", json=anything)
        yield f"{servers.endpoints.rabbit}{name}"
        await session.delete(f"{api}/vhosts/{name}")

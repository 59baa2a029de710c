"""A virtual host of RabbitMQ for these tests alone: agents of other tests would take the answers that are sent here."""

import re
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp
import pytest_asyncio

from infra.stack.stack import Stack

PAGE = Path(__file__).resolve().parents[3] / "docs" / "kitchen.md"
_PERMISSIONS = re.compile(r"set_permissions kitchen\.<restaurant id> '(.*?)' '(.*?)' '(.*?)'")


class VirtualHost:
    """Made and changed as an operator does."""

    def __init__(self, servers: Stack, session: aiohttp.ClientSession) -> None:
        self.name = f"test-{uuid.uuid4().hex[:12]}"
        self.url = f"{servers.endpoints.rabbit}{self.name}"
        self._session = session
        self._api = f"http://127.0.0.1:{servers.site.ports['rabbit_management']}/api"
        self._at = urlsplit(servers.endpoints.rabbit)
        self._accounts: list[str] = []

    async def make(self) -> None:
        await self._session.put(f"{self._api}/vhosts/{self.name}")
        await self._permit(self._at.username or "", (".*", ".*", ".*"))

    async def account(self, restaurant_id: str) -> str:
        """The URL of a kitchen that has an account of its own, with the permissions that docs/kitchen.md says."""
        name = f"kitchen.{restaurant_id}"
        await self._session.put(f"{self._api}/users/{quote(name)}", json={"password": "cook", "tags": ""})
        self._accounts.append(name)
        said = _PERMISSIONS.search(PAGE.read_text())
        assert said is not None, "docs/kitchen.md says which permissions an account needs"
        await self._permit(name, tuple(each.replace("<restaurant id>", restaurant_id) for each in said.groups()))
        return f"amqp://{quote(name)}:cook@127.0.0.1:{self._at.port}/{self.name}"

    async def drop(self) -> None:
        for name in self._accounts:
            await self._session.delete(f"{self._api}/users/{quote(name)}")
        await self._session.delete(f"{self._api}/vhosts/{self.name}")

    async def _permit(self, name: str, patterns: tuple[str, ...]) -> None:
        allowed = dict(zip(("configure", "write", "read"), patterns, strict=True))
        await self._session.put(f"{self._api}/permissions/{self.name}/{quote(name)}", json=allowed)


@pytest_asyncio.fixture(loop_scope="session")
async def virtual_host(servers: Stack) -> AsyncGenerator[VirtualHost]:
    said = urlsplit(servers.endpoints.rabbit)
    login = aiohttp.encode_basic_auth(said.username or "", said.password or "")
    async with aiohttp.ClientSession(headers={"Authorization": login}, raise_for_status=True) as session:
        made = VirtualHost(servers, session)
        await made.make()
        yield made
        await made.drop()


@pytest_asyncio.fixture(loop_scope="session")
async def rabbit_url(virtual_host: VirtualHost) -> str:
    return virtual_host.url

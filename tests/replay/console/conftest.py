"""The console on the session's servers, in this process, and a browser's side of HTTP that has entered."""

import re
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import aiohttp
import pytest_asyncio
from yarl import URL

from infra.stack.stack import Stack
from replay.console.entering import link
from replay.console.serving import served
from replay.tools import Tools


@dataclass(frozen=True)
class Console:
    """key: that signs links. http: has a cookie jar that takes cookies of 127.0.0.1."""

    key: bytes
    port: int
    http: aiohttp.ClientSession

    def url(self, path: str) -> URL:
        return URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)

    def link(self) -> URL:
        return URL(link(self.key, self.port), encoded=True)

    async def page(self, path: str, status: int = 200) -> str:
        async with self.http.get(self.url(path)) as answer:
            text = await answer.text()
            assert answer.status == status, f"{path} answered {answer.status}: {re.sub('<[^>]+>', ' ', text)[-800:]}"
            return text


def fresh_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def console(servers: Stack, tools: Tools) -> AsyncGenerator[Console]:
    """Read-only."""
    key = secrets.token_bytes(32)
    async with (
        served(tools, key, port=0, write=False, environment=servers.environment()) as port,
        fresh_session() as http,
    ):
        made = Console(key, port, http)
        async with http.get(made.link()) as answer:
            assert answer.status == 200, "the link lets in"
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def writing(servers: Stack, tools: Tools) -> AsyncGenerator[Console]:
    """Started with --write."""
    key = secrets.token_bytes(32)
    environment = servers.environment()
    async with served(tools, key, port=0, write=True, environment=environment) as port, fresh_session() as http:
        made = Console(key, port, http)
        async with http.get(made.link()) as answer:
            assert answer.status == 200, "the link lets in"
        yield made

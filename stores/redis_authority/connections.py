"""Connections to the server of a domain's store, each for one call at a time, and the scripts that run on it."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import NoScriptError

from stores.redis.connection import connect
from stores.redis.own_connection import OwnConnection
from stores.redis_authority.errors import translated

SECONDS = 5.0  # to connect, and for an answer: a script may wait for others, and for the disk
ACQUIRE = 3.0  # seconds


class Script:
    """text: Lua. Its one key is the beginning of the names of the domain's keys."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Connections:
    """Opens nothing until it is asked, so a process can start while the server is down. Raises Unavailable."""

    def __init__(self, url: str, *, size: int = 6, seconds: float = SECONDS) -> None:
        self._client = connect(url, timeout=seconds)
        self._made = [OwnConnection(self._client) for _ in range(size)]
        self._free = list(self._made)
        self._turns = asyncio.Semaphore(size)  # whoever waits first has the next one

    async def call(self, *words: str | bytes | int) -> Any:
        """The answer to a command."""
        async with translated():
            return await self._call(*words)

    async def run(self, script: Script, prefix: str, *arguments: str | bytes | int) -> Any:
        """The answer of a script. The server keeps its text until it is started again."""
        async with translated():
            try:
                return await self._call("EVALSHA", script.sha, 1, prefix, *arguments)
            except NoScriptError:
                return await self._call("EVAL", script.text, 1, prefix, *arguments)

    async def _call(self, *words: str | bytes | int) -> Any:
        async with asyncio.timeout(ACQUIRE):
            await self._turns.acquire()
        connection = self._free.pop()
        try:
            return await connection.call(*words)
        finally:
            self._free.append(connection)
            self._turns.release()

    async def close(self) -> None:
        for connection in self._made:
            await connection.close()
        await self._client.aclose()


@asynccontextmanager
async def one_connection(url: str) -> AsyncGenerator[Connections]:
    """Closed at the end of the block. Raises Unavailable when it is asked."""
    connections = Connections(url, size=1)
    try:
        yield connections
    finally:
        await connections.close()


async def ping(url: str) -> None:
    """Raises Unavailable."""
    async with one_connection(url) as connections:
        await connections.call("PING")

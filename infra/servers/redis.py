"""Redis from the distribution's package, twice: one server for the views, and one for the baskets.

Each has a limit of its own, so that whatever fills the views keeps nobody from a basket. Both evict nothing: at its limit a
server refuses writes. Both write each change to their file before they answer, so nothing that they confirmed goes with a
crash.
"""

import asyncio
import shutil
from pathlib import Path

from infra.install import apt
from infra.layout.site import Site
from infra.process.program import Program

SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
appendonly yes
appendfsync always
save ""
maxmemory {memory}
maxmemory-policy noeviction
daemonize no
"""


class Redis:
    """Of the views, and of what the edge shares: replies, operations, limits."""

    name = "redis"
    port = "redis"
    memory = "512mb"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._password = site.data.password(self.name)
        self._settings = site.data.root / self.name / "redis.conf"

    async def install(self) -> None:
        self._server = await apt.provide("Redis", "redis-server", _server, "no redis-server in PATH", self._site.cache)

    async def prepare(self) -> None:
        folder = self._site.data.of(self.name)
        self._settings.touch(mode=0o600)
        self._settings.write_text(
            SETTINGS.format(
                port=self._site.ports[self.port], password=self._password, folder=f'"{folder}"', memory=self.memory
            )
        )

    def program(self) -> Program:
        return Program(
            name=self.name,
            argv=(str(self._server), str(self._settings)),
            folder=self._settings.parent,
            ports=((self.port, self._site.ports[self.port]),),
            ready=self._ready,
        )

    async def _ready(self) -> bool:
        """PONG: no more -LOADING from reading its append-only file."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.ports[self.port])
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            await reader.readline()
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()


class RedisBaskets(Redis):
    """The only place where baskets are."""

    name = "redis-baskets"
    port = "redis_baskets"


def _server() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None

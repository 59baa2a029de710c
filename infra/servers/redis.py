"""Redis from the distribution's package. It holds baskets, so nothing that it confirmed may go."""

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
maxmemory 512mb
maxmemory-policy noeviction
daemonize no
"""


class Redis:
    name = "redis"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self._password = site.data.password("redis")
        self._settings = site.data.root / "redis" / "redis.conf"

    async def install(self) -> None:
        self._server = await apt.provide("Redis", "redis-server", _server, "no redis-server in PATH", self._site.cache)

    async def prepare(self) -> None:
        folder = self._site.data.of(self.name)
        self._settings.touch(mode=0o600)
        self._settings.write_text(
            SETTINGS.format(port=self._site.ports["redis"], password=self._password, folder=f'"{folder}"')
        )

    def program(self) -> Program:
        return Program(
            name=self.name,
            argv=(str(self._server), str(self._settings)),
            folder=self._settings.parent,
            ports=(("redis", self._site.ports["redis"]),),
            ready=self._ready,
        )

    async def _ready(self) -> bool:
        """PONG: no more -LOADING from reading its append-only file."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._site.ports["redis"])
        try:
            writer.write(f"AUTH {self._password}\r\nPING\r\n".encode())
            await reader.readline()
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()


def _server() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None

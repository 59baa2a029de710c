"""The development mail server: takes every mail, keeps it as a file, shows it on a page. Our own, see infra/mailbox."""

import asyncio
import sys

from infra.layout.folders import CHECKOUT
from infra.layout.site import Site
from infra.process.program import Program


class Mailbox:
    name = "mailbox"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site

    async def install(self) -> None:
        """Nothing to get: it is part of the product."""

    async def prepare(self) -> None:
        self._site.data.mail.mkdir(mode=0o700, exist_ok=True)

    def program(self) -> Program:
        ports = self._site.ports
        chosen = ("--smtp-port", str(ports["smtp"]), "--page-port", str(ports["mail"]))
        return Program(
            name=self.name,
            argv=(sys.executable, "-m", "infra.mailbox", "--folder", str(self._site.data.mail), *chosen),
            folder=CHECKOUT,
            ports=tuple((name, ports[name]) for name in ("smtp", "mail")),
            ready=self._ready,
        )

    async def _ready(self) -> bool:
        for port in (self._site.ports["smtp"], self._site.ports["mail"]):
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        return True

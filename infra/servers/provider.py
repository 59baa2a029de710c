"""The sandbox payment provider: test cards, and callbacks to the edge. Our own, see infra/provider and docs/payment.md."""

import sys

from infra.layout.folders import CHECKOUT
from infra.layout.site import Site
from infra.process.answers import answers
from infra.process.program import Program


class Provider:
    name = "provider"
    required = True

    def __init__(self, site: Site) -> None:
        self._site = site

    async def install(self) -> None:
        """Nothing to get: it is part of the product."""

    async def prepare(self) -> None:
        """Its keys are there: they are made before any server starts."""

    def program(self) -> Program:
        port, at = self._site.ports["provider"], self._site.endpoints
        folder = ("--folder", str(self._site.data.of("provider")), "--keys", str(self._site.data.keys))
        return Program(
            name=self.name,
            argv=(
                *(sys.executable, "-m", "infra.provider", *folder),
                *("--port", str(port), "--callback", f"{at.edge}/payments/callback"),
            ),
            folder=CHECKOUT,
            ports=(("provider", port),),
            ready=lambda: answers(f"{at.provider}/ready"),
        )

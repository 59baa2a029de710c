"""The whole product as a user starts it: `./lezzet up` in a data folder and on ports of its own."""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from infra.audit import lag
from infra.audit.findings import Findings
from infra.layout.folders import CHECKOUT, DataFolder
from infra.layout.site import Site
from tests.deadline import SECONDS
from tests.journeys import pages
from tests.journeys.client import Client
from tests.journeys.patience import patient


@dataclass(frozen=True)
class Product:
    """said: what `up` printed. endpoints: of `status --json`; but "edge" and "mobile" are asked with patience, and the gateways
    are "edge_itself" and "mobile_itself"."""

    data: Path
    said: str
    endpoints: dict[str, str]

    async def lezzet(self, *arguments: str, **environment: str) -> str:
        """A command of the CLI on this stack. Fails where it fails."""
        argv = (str(CHECKOUT / "lezzet"), "--data", str(self.data), *arguments)
        done = await asyncio.to_thread(
            subprocess.run, argv, cwd=CHECKOUT, capture_output=True, text=True, check=False,
            env={**os.environ, **environment},
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(argv)} exited {done.returncode}: {done.stderr[-2000:]}"
        return done.stdout

    async def status(self) -> dict[str, list[dict[str, object]]]:
        return json.loads(await self.lezzet("status", "--json"))

    async def quiet(self) -> None:
        """Until nothing is left to do of all that was asked for."""
        findings = Findings()
        await lag.quiet(Site.of(DataFolder(self.data)).endpoints, findings, 3 * SECONDS)
        assert findings.clean, findings.wrong


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def web_client() -> AsyncGenerator[pages.Site]:
    """Where the pages of the web client are: an origin that is not the gateway's."""
    async with pages.site() as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(web_client: pages.Site) -> AsyncGenerator[Product]:
    # a space, as in the homes of many: every server starts there, and the printed walk has to quote it
    folder = Path(tempfile.mkdtemp(prefix="lezzet journeys "))
    made = Product(folder / "data", "", {})
    try:
        origin = {"CLIENT_ORIGIN": web_client.origin, "CORS_ORIGINS": web_client.origin}
        said = await made.lezzet("up", "--detach", "--free-ports", "--only", "core", "--few-demo-data", **origin)
        endpoints = json.loads(await made.lezzet("status", "--json"))["endpoints"]
        itself = {f"{name}_itself": endpoints[name] for name in ("edge", "mobile")}
        async with patient(endpoints["edge"]) as edge, patient(endpoints["mobile"]) as mobile:
            web_client.edge = edge
            yield Product(made.data, said, endpoints | itself | {"edge": edge, "mobile": mobile})
    finally:
        await made.lezzet("down", "--purge")
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def owner(product: Product) -> AsyncGenerator[Client]:
    """Another one, who will open restaurants."""
    async with Client(product.endpoints) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def client(product: Product) -> AsyncGenerator[Client]:
    """A browser of a new visitor."""
    async with Client(product.endpoints) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def other(product: Product) -> AsyncGenerator[Client]:
    """A second guest."""
    async with Client(product.endpoints) as made:
        yield made

"""The whole product as a user starts it: `./lezzet up` in a data folder and on ports of its own."""

import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from infra.folders import CHECKOUT
from tests.journeys.client import Client


@dataclass(frozen=True)
class Product:
    """said: what `up` printed. endpoints: of `status --json`."""

    data: Path
    said: str
    endpoints: dict[str, str]

    async def lezzet(self, *arguments: str) -> str:
        """A command of the CLI on this stack. Fails where it fails."""
        argv = (str(CHECKOUT / "lezzet"), "--data", str(self.data), *arguments)
        done = await asyncio.to_thread(subprocess.run, argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(argv)} exited {done.returncode}: {done.stderr[-2000:]}"
        return done.stdout

    async def status(self) -> dict[str, list[dict[str, object]]]:
        return json.loads(await self.lezzet("status", "--json"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product() -> AsyncGenerator[Product]:
    # a space, as in the homes of many: every server starts there, and the printed walk has to quote it
    folder = Path(tempfile.mkdtemp(prefix="lezzet journeys "))
    made = Product(folder / "data", "", {})
    try:
        said = await made.lezzet("up", "--detach", "--free-ports", "--only", "core")
        endpoints = json.loads(await made.lezzet("status", "--json"))["endpoints"]
        yield Product(made.data, said, endpoints)
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

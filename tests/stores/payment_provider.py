"""The sandbox provider as a process of a test's own, and somebody who takes its callbacks."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from infra.bench.servers import free_port
from infra.layout.folders import CHECKOUT
from stores.keyring import agent_keys, edge_keys, make_keys
from stores.payment.http import HttpProvider
from tests.deadline import until
from topics.values.signatures import HEADER, is_signed

LATE = 0.05  # seconds


@dataclass
class Sandbox:
    """heard: callbacks that were taken. refuses: so many are answered 503 first."""

    folder: Path
    port: int
    keys: Path
    http: aiohttp.ClientSession
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    refuses: int = 0
    callback: str = ""
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, timeout: float = 5.0, key: bytes | None = None) -> HttpProvider:
        return HttpProvider(self.url, key or agent_keys(self.keys).provider, timeout)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "infra.provider", "--folder", str(self.folder), "--port", str(self.port)),
            *("--keys", str(self.keys), "--callback", self.callback, "--late", str(LATE)),
            cwd=CHECKOUT,
        )
        await until("the provider to answer", self._answers)

    async def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()

    async def _answers(self) -> bool:
        try:
            async with self.http.get(f"{self.url}/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def put(self, path: str, body: Any) -> None:
        async with self.http.put(self.url + path, json=body) as answer:
            assert answer.status == 200

    async def movements(self, reference: str) -> list[tuple[str, int]]:
        authorization = self.client()._authorization
        path = f"{self.url}/payments/{reference}/movements"
        async with self.http.get(path, headers={"Authorization": authorization}) as answer:
            found = (await answer.json())["movements"]
        return [(each["kind"], each["amount"]) for each in found]

    def of(self, reference: str) -> list[dict[str, Any]]:
        return [each for each in self.heard if each["reference"] == reference]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        good = is_signed(edge_keys(self.keys).callbacks, request.headers[HEADER], body, time.time())
        assert good and request.headers["Content-Type"] == "application/json"
        said = await request.json()
        assert request.headers["Idempotency-Key"] == said["id"]
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=503)
        self.heard.append(said)
        return web.Response()


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncGenerator[Sandbox]:
    make_keys(folder / "keys")
    async with aiohttp.ClientSession() as http:
        made = Sandbox(folder / "provider", free_port(), folder / "keys", http)
        app = web.Application()
        app.router.add_post("/payments/callback", made.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", free_port())
        await site.start()
        made.callback = f"{site.name}/payments/callback"
        try:
            await made.start()
            yield made
        finally:
            await made.stop()
            await runner.cleanup()

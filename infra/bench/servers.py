"""Server processes that a bench asks, each on a port of its own, and what they let in."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from infra.layout.folders import CHECKOUT
from infra.process.shell import run as shell
from infra.stack.stack import Stack


@asynccontextmanager
async def own_stack(*servers: str) -> AsyncGenerator[Stack]:
    """These servers, ready, with a data folder that goes with them."""
    folder = Path(tempfile.mkdtemp(prefix="lezzet-bench-"))
    try:
        async with Stack(folder, servers) as stack:
            yield stack
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def provisioned_stack() -> AsyncGenerator[Stack]:
    """The servers that agents need, with topics and schemas."""
    async with own_stack("kafka", "postgres", "redis", "redis-baskets", "mongo") as stack:
        argv = (sys.executable, "-m", "agents.provision")
        await shell(argv, what="provision", folder=CHECKOUT, environment=stack.environment())
        yield stack


@asynccontextmanager
async def server(environment: Mapping[str, str], port: int, module: str, *arguments: str) -> AsyncGenerator[Process]:
    """`python -m module arguments`, listening on `port` when entered."""
    # stderr to /dev/null: the edge writes its access log, as it does in production
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env={**os.environ, **environment}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _listening(process, port)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _listening(process: Process, port: int, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"nothing listens on port {port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

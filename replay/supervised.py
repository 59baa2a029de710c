"""Which processes `./lezzet up` has, as its supervisor says it, and what each of them and the kernel say of it."""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import psutil

_SECONDS = 2.0
_LONGEST = 1024 * 1024  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Process:
    """lag: messages that it has still to do, of agents. memory: bytes that are its own or shared. cpu: seconds since its start.
    up: seconds since its start. None: not known."""

    name: str
    pid: int | None
    state: str
    required: bool
    lag: int | None = None
    memory: int | None = None
    cpu: float | None = None
    up: float | None = None


class NotSupervised(Exception):
    """Nobody says which processes there are."""


async def processes(supervisor: Path | None) -> list[Process]:
    """In the order of their start. Raises NotSupervised."""
    told = await _started(supervisor)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as http:
        return list(await asyncio.gather(*(_process(http, each) for each in told)))


async def health(supervisor: Path | None) -> dict[str, dict[str, Any] | None]:
    """Name of each agents process → what its /health/ready says, None where it does not answer. Raises NotSupervised."""
    told = {each["name"]: each["health"] for each in await _started(supervisor) if each["health"]}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as http:
        return dict(zip(told, await asyncio.gather(*(_said(http, url) for url in told.values())), strict=True))


async def state_of(supervisor: Path | None, name: str) -> str | None:
    """Of one process: running, starting, stopped or failed (infra/supervision/child.py); None where the stack was started
    without it. Raises NotSupervised."""
    return next((each["state"] for each in await _started(supervisor) if each["name"] == name), None)


async def _started(supervisor: Path | None) -> list[dict[str, Any]]:
    if supervisor is None:
        raise NotSupervised("these processes were not started by ./lezzet up (SUPERVISOR_SOCKET is not set)")
    try:
        async with asyncio.timeout(_SECONDS):
            return await _states(supervisor)
    except (OSError, TimeoutError, ValueError):
        raise NotSupervised("nothing is up, or its supervisor does not answer: ./lezzet status") from None


async def _states(supervisor: Path) -> list[dict[str, Any]]:
    # The address of a socket has room for 108 bytes, the path of a data folder may be longer.
    folder = os.open(supervisor.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        address = f"/proc/self/fd/{folder}/{supervisor.name}"
        reader, writer = await asyncio.open_unix_connection(address, limit=_LONGEST)
    finally:
        os.close(folder)
    try:
        writer.write(b'{"do": "states"}\n')
        return json.loads(await reader.readline())["processes"]
    finally:
        writer.close()


async def _process(http: aiohttp.ClientSession, told: dict[str, Any]) -> Process:
    lag = (await _said(http, told["health"]) or {}).get("lag") if told["health"] else None
    memory, cpu, up = _measured(told["pid"])
    return Process(
        told["name"],
        told["pid"],
        told["state"],
        told["required"],
        lag if isinstance(lag, int) else None,
        memory,
        cpu,
        up,
    )


async def _said(http: aiohttp.ClientSession, health: str) -> dict[str, Any] | None:
    """The health page of agents, which says the same where they are not ready."""
    if urlsplit(health).hostname != "127.0.0.1":
        return None
    try:
        async with http.get(health) as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return cast(dict[str, Any], said) if isinstance(said, dict) else None


def _measured(pid: int | None) -> tuple[int | None, float | None, float | None]:
    """(memory, CPU seconds, seconds since the start)."""
    if pid is None:
        return None, None, None
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            started = process.create_time()
            return process.memory_info().rss, times.user + times.system, max(0.0, time.time() - started)
    except psutil.Error:
        return None, None, None

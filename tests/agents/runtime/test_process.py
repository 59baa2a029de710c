"""How a process ends when something in it does not: real processes on real servers, since it is about the process."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from agents.runtime.process import CRASHED, CUT_OFF
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from stores.kafka.admin import make_topics
from tests.agents.runtime.member import flow_of
from tests.agents.runtime.unwell import BOUNDS
from tests.agents.runtime.world import World
from tests.deadline import within

SLACK = 60.0  # seconds more than a bound, on a busy machine


@pytest_asyncio.fixture
async def run(world: World) -> str:
    await make_topics(world.settings.kafka, [flow_of(world.run)[0]])
    return world.run


@asynccontextmanager
async def unwell(servers: Stack, what: str, run: str) -> AsyncGenerator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.agents.runtime.unwell", what, run,
        env=servers.environment() | {"LOG_LEVEL": "info"}, cwd=CHECKOUT, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until_said(process: Process, word: str) -> None:
    async def said() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            if word.encode() in line:
                return
        raise AssertionError(f"it ended before it said {word}")

    await within(f"it to say {word}", said())


async def ended(process: Process, seconds: float) -> int | None:
    """Its exit code. What it says is read meanwhile, so that it cannot be what keeps it."""
    await within("an end of the process", process.communicate(), seconds + SLACK)
    return process.returncode


async def test_a_loop_that_hangs_before_sigterm_ends_all_the_same(servers: Stack, run: str):
    async with unwell(servers, "breaks_its_loop", run) as process:
        await until_said(process, "agents_started")
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGTERM)
        assert await ended(process, BOUNDS.hard) == CUT_OFF


async def test_a_loop_that_hangs_while_it_stops_is_cut_off(servers: Stack, run: str):
    async with unwell(servers, "breaks_its_loop_at_the_end", run) as process:
        await until_said(process, "agents_started")
        process.send_signal(signal.SIGTERM)
        assert await ended(process, BOUNDS.hard) == CUT_OFF


async def test_a_crashed_app_ends_the_process(servers: Stack, run: str):
    async with unwell(servers, "crashes", run) as process:
        await until_said(process, "agents_started")
        process.send_signal(signal.SIGUSR1)
        assert await ended(process, BOUNDS.hard) == CRASHED


@pytest.mark.parametrize("what", ["fails_to_start", "hangs_at_its_start", "is_deaf_at_its_start"])
async def test_a_start_that_comes_to_nothing_ends_the_process(servers: Stack, run: str, what: str):
    async with unwell(servers, what, run) as process:
        assert await ended(process, BOUNDS.start + 3) == CRASHED

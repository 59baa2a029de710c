"""What one batch of commands makes a process hold in memory is bounded, whatever the baskets are like."""

import asyncio
import json
import sys
import uuid

import asyncpg

from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from tests.agents.basket.heavy import CHECKOUTS
from tests.deadline import within

MOST = 600  # MiB
SECONDS = 120.0


async def test_500_checkouts_of_large_baskets_in_one_batch_stay_under_600_mib(servers: Stack):
    run = f"heavy_{uuid.uuid4().hex[:10]}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.agents.basket.heavy", run, cwd=CHECKOUT, env=servers.environment(),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        output, _ = await within("the end of the batch", process.communicate(), SECONDS)
        figures = json.loads(output)
        assert figures["basket_bytes"] > 200 * 1024
        assert figures["published"] == CHECKOUTS
        assert figures["most_mib"] < MOST
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        admin = await asyncpg.connect(servers.endpoints.postgres)
        await admin.execute(f"drop schema if exists {run} cascade")
        await admin.close()

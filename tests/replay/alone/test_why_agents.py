"""`./lezzet why` about partitions with which the agents of order do not go on, by their own word. They run under the stack's
supervisor, and what makes them stand still is planted in the real log and store."""

import sys
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest_asyncio

from infra.process.answers import answers
from infra.stack import product
from infra.stack.stack import Stack
from replay.log.causes import Cause
from replay.questions.why import why
from replay.tools import Tools
from stores.kafka.partitioning import partition_of
from stores.protocol import StateWrite
from stores.settings import load
from tests.deadline import until
from tests.replay.alone.conftest import own_servers
from tests.replay.alone.test_why import Order
from tests.replay.scene import Desk
from topics.contracts import order_commands
from topics.messages import ids

STOPPED, HELD = 0, 1
STARTED = 90.0
"""Seconds until agents have opened their partitions, on a busy machine."""
BROKEN = 14
"""Commands that raise: with ten of them a partition is held back, and each further one doubles the wait."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers() -> AsyncGenerator[Stack]:
    """Of this module alone: what stands still here would be a cause in every other test."""
    async with own_servers() as stack:
        yield stack


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tools(servers: Stack) -> Tools:
    return Tools(load(servers.environment()))


def _order(desk: Desk, partition: int) -> Order:
    """One of this partition of order_commands."""
    while True:
        order = Order(desk, ids.fresh(), ids.fresh())
        if partition_of(order.id.encode(), order_commands.TOPIC.partitions) == partition:
            return order


@pytest_asyncio.fixture(loop_scope="session")
async def stopped(desk: Desk) -> Order:
    """The floor of its partition lies beyond the log."""
    order = _order(desk, STOPPED)
    await order.say("order_commands", "CancelOrder", "cancel")
    await order.done("order.decide", "order_commands", by=1_000)
    return order


@pytest_asyncio.fixture(loop_scope="session")
async def held(desk: Desk) -> Order:
    """Before its command stand commands to orders whose state no code can read."""
    last, broken = _order(desk, HELD), [_order(desk, HELD) for _ in range(BROKEN)]
    states = [StateWrite(each.id, 0, 1, '"broken"') for each in broken]
    await last.done("order.decide", "order_commands", states=states)
    for each in (*broken, last):
        await each.say("order_commands", "CancelOrder", "cancel")
    return last


@pytest_asyncio.fixture(loop_scope="session")
async def agents(servers: Stack, stopped: Order, held: Order) -> AsyncGenerator[None]:
    program = product.agents(servers.site, 1)
    live = program.health.replace("ready", "live")  # they are never ready: a partition stands still
    argv = (sys.executable, "-m", "agents", "order")
    child = servers.supervisor.start(replace(program, argv=argv, ready=lambda: answers(live), required=False))
    await child.until_ready()
    yield
    await child.stop()


async def _first(tools: Tools, order: Order, kind: str) -> Cause:
    async def told() -> Cause | None:
        first = next(iter((await why(tools, order.id)).waits), None)
        return first if first is not None and first.kind == kind and "since" in first.says else None

    return await until(f"{kind} as the first cause, as the agents say it", told, STARTED, pause=0.5)


async def test_a_partition_that_is_stopped_or_held_back_is_told_first_with_its_group_and_since_when(
    desk: Desk, agents: None, stopped: Order, held: Order
) -> None:
    first = await _first(desk.tools, stopped, "stopped")
    assert f"order.decide stands still at order_commands:{STOPPED} since 20" in first.says
    assert "the floor is" in first.says and "`./lezzet topics reset order_commands`" in first.says
    first = await _first(desk.tools, held, "held")
    assert f"order.decide holds order_commands:{HELD} back since 20" in first.says
    assert "CancelOrder waits there" in first.says and "`./lezzet dlq groups`" in first.says

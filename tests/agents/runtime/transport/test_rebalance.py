"""The whole transport on a real broker: members come and go while commands flow."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic

import pytest

from agents.runtime.transport.group import Group
from infra.fault.membership import incomplete
from infra.stack.stack import Stack
from stores.kafka.brokers import Brokers
from tests.agents.runtime.flow import Flow
from tests.agents.runtime.member import PARTITIONS
from tests.deadline import until
from tests.replay.scene import running

MODULE = "tests.agents.runtime.member"
EVICTED_AFTER = 6.0  # seconds without a sign of life, and for a rebalance (agents/runtime/transport/group.py)


async def test_members_that_come_and_go_while_commands_flow_lose_and_double_nothing(servers: Stack, flow: Flow):
    first, second = AsyncExitStack(), AsyncExitStack()
    async with second, first:
        await first.enter_async_context(running(servers, MODULE, flow.world.run))
        await flow.say(10)
        await until("the first member to work", flow.done)
        before = await flow.opened()
        joining = asyncio.create_task(second.enter_async_context(running(servers, MODULE, flow.world.run)))

        async def moved() -> bool:
            await flow.say(1)  # batches run while the partitions move
            return await flow.opened() > before

        await until("the partitions to be shared", moved)
        await joining
        leaving = asyncio.create_task(first.aclose())
        await flow.say(20)
        await leaving
        await until("all commands to be done", flow.done)
    expected = [100 + round for round in range(flow.rounds)]
    assert all(amounts == expected for amounts in (await flow.told()).values()), "each command once and in order"


@pytest.mark.parametrize("waiting", [[0], [0, 1]], ids=["one partition", "every partition"])
async def test_while_partitions_wait_for_a_server_the_process_stays_in_the_group(
    servers: Stack, flow: Flow, waiting: list[int]
):
    async with running(servers, MODULE, flow.world.run), AsyncExitStack() as held:
        await flow.say(1)
        await until("the member to work", flow.done)
        before = await flow.opened()
        for partition in waiting:
            await held.enter_async_context(flow.held_up(partition))
        await flow.say(5)
        for partition in set(range(PARTITIONS)) - set(waiting):
            await until("the others to flow", lambda partition=partition: flow.done_of(partition))
        end = monotonic() + EVICTED_AFTER + 2
        while monotonic() < end:
            assert await incomplete(servers.endpoints, [flow.group], 1) == []
        assert not any([await flow.done_of(partition) for partition in waiting]), "it has waited all the time"
        await held.aclose()
        await until("all commands to be done", flow.done)
        assert await flow.opened() == before, "no rebalance: nothing was opened again"
    assert all(amounts == [100 + round for round in range(6)] for amounts in (await flow.told()).values())


async def test_a_rebalance_alone_is_nothing_that_an_operator_should_look_at(caplog: pytest.LogCaptureFixture):
    app = Group("nobody.reads", Brokers.at("127.0.0.1:9"), {})._app
    caplog.clear()  # of what others in this loop have said
    app.on_rebalance_start()
    app.on_rebalance_return()
    app.on_rebalance_end()
    assert [each for each in caplog.records if each.levelname == "WARNING"] == []

"""A command in another partition than its key's is sent on to that one: an aggregate's events come from one partition."""

import time
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from aiokafka import ConsumerRecord

from infra.stack.stack import Stack
from stores.kafka.log import Logged
from stores.kafka.partitioning import partition_of
from tests.agents.runtime.flow import Flow
from tests.agents.runtime.world import Record, World
from tests.deadline import until
from tests.replay.scene import running
from topics.messages import headers

MODULE = "tests.agents.runtime.member"
PARTITIONS = 2


@pytest.fixture
def split(world: World) -> World:
    """Its commands have two partitions."""
    world.commands = replace(world.commands, partitions=PARTITIONS)
    return world


def _keys(world: World, partition: int) -> list[str]:
    """Names of keys of a partition."""
    return [name for name in map(str, range(20)) if partition_of(world.key(name).encode(), PARTITIONS) == partition]


def _as_read(sent_on: Logged, offset: int) -> Record:
    """What the owner of the key's partition reads."""
    return ConsumerRecord(
        sent_on.topic, 1, offset, int(sent_on.at.timestamp() * 1000), 1, sent_on.key, sent_on.body, None, 0, 0,
        list(sent_on.headers),
    )  # fmt: skip


async def test_it_is_decided_by_the_owner_of_its_keys_partition_and_once(split: World):
    process, key = await split.process(), _keys(split, 1)[0]
    wrong, right = await process.open(), await process.open(partition=1)
    said = split.say(key, amount=1, id="x", more={headers.OPERATION: split.id("asked")})
    await process.do(wrong, [said, replace(said, offset=1)])
    assert await split.totals(key) == [], "nothing is decided in the wrong partition"
    sent_on = await split.published(split.commands.name)
    assert [dict(each.headers)[headers.ID].decode() for each in sent_on] == [split.id("x")] * 2
    assert [(each.key, each.body) for each in sent_on] == [(said.key, said.value)] * 2
    await process.do(right, [_as_read(each, offset) for offset, each in enumerate(sent_on)])
    assert await split.history(key) == [(1, "x")]
    assert (await split.answer("asked"))["status"] == "done"
    assert len(await split.published(split.commands.name)) == 2, "nothing goes in a circle"


async def test_one_without_an_id_gets_that_of_the_place_where_it_came_first(split: World):
    process, key = await split.process(), _keys(split, 1)[0]
    wrong, right = await process.open(), await process.open(partition=1)
    said = split.say(key, amount=1)
    bare = replace(said, headers=[(name, value) for name, value in said.headers if name == headers.TYPE])
    await process.do(wrong, [bare])
    (sent_on,) = await split.published(split.commands.name)
    named = dict(sent_on.headers)
    assert named[headers.SOURCE] == f"kafka/{split.commands.name}".encode()
    await process.do(right, [_as_read(sent_on, 0), _as_read(sent_on, 1)])
    assert await split.totals(key) == [1]


@pytest.mark.parametrize(("seconds", "status"), [(0.2, "done"), (-5.0, "failed")])
async def test_one_that_came_in_time_takes_effect_though_it_is_sent_on_later(split: World, seconds: float, status: str):
    """Its domain had taken it, and its caller may have been told 202."""
    process, key = await split.process(), _keys(split, 1)[0]
    wrong, right = await process.open(), await process.open(partition=1)
    deadline = int((time.time() + seconds) * 1000)
    asked = {headers.OPERATION: split.id("asked"), headers.DEADLINE: str(deadline)}
    await process.do(wrong, [split.say(key, amount=1, id="x", more=asked)])
    (sent_on,) = await split.published(split.commands.name)
    late = replace(_as_read(sent_on, 0), timestamp=deadline + 1)
    await process.do(right, [late])
    assert (await split.answer("asked"))["status"] == status


async def test_its_neighbours_are_decided_where_they_are(split: World):
    process = await split.process()
    wrong = await process.open()
    home, astray = _keys(split, 0)[0], _keys(split, 1)[0]
    await process.do(wrong, [split.say(home, amount=1), split.say(astray, amount=5), split.say(home, amount=2)])
    assert await split.totals(home) == [1, 3]
    assert [each.key for each in await split.published(split.commands.name)] == [split.key(astray).encode()]


async def test_one_that_was_sent_on_and_one_that_is_too_large_for_it_are_decided_where_they_are(split: World):
    """The first is astray where Kafka has another number of partitions than the contract says."""
    process, (first, second, *_) = await split.process(), _keys(split, 1)
    wrong = await process.open()
    large = "n" * (split.commands.max_bytes - 8 * 1024)
    await process.do(
        wrong,
        [
            split.say(first, amount=1, more={headers.FORWARDED: "1"}),
            split.say(second, amount=1, fields={"note": large}),
        ],
    )
    assert await split.totals(first) == await split.totals(second) == [1]


async def test_an_order_to_redrive_goes_to_the_partition_where_the_messages_are_parked(split: World):
    process, key = await split.process(), _keys(split, 1)[0]
    wrong = await process.open()
    await process.do(wrong, [split.say(key, amount=13, id="bad", more={headers.FORWARDED: "1"})])
    assert await split.totals(key) == []
    await process.do(wrong, [split.redrive(key, repaired={"bad": b'{"amount":4}'})])
    assert await split.totals(key) == [4]


async def test_versions_come_in_order_though_commands_of_a_key_are_in_partitions_of_two_processes(
    servers: Stack, flow: Flow
):
    async with AsyncExitStack() as members:
        for _ in range(PARTITIONS):
            await members.enter_async_context(running(servers, MODULE, flow.world.run))
        for round in range(30):
            await flow.say(1, astray=bool(round % 3))
        await until("all commands to be done", flow.done)
    expected = [100 + round for round in range(flow.rounds)]
    assert all(sorted(amounts) == expected for amounts in (await flow.told()).values()), "each command once"

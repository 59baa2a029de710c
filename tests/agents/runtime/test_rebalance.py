"""The whole transport on a real broker: members come and go while commands flow."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from infra.fault.membership import incomplete
from infra.stack import Stack
from stores.kafka.admin import make_topics
from tests.agents.runtime.member import PARTITIONS, flow_of
from tests.agents.runtime.tally import Add
from tests.agents.runtime.world import World
from tests.deadline import until
from tests.replay.scene import running
from topics import headers

KEYS = 8
MODULE = "tests.agents.runtime.member"
EVICTED_AFTER = 6.0  # seconds without a sign of life, and for a rebalance (agents/runtime/group.py)


class Flow:
    """Commands for some keys, round after round; the amounts tell the round."""

    def __init__(self, world: World, producer: AIOKafkaProducer) -> None:
        self.world, self.producer, self.rounds = world, producer, 0
        self.topic = flow_of(world.run)[0].name

    async def say(self, rounds: int) -> None:
        for _ in range(rounds):
            for key in range(KEYS):
                await self._one(str(key), self.rounds)
            self.rounds += 1
        await self.producer.flush()

    async def _one(self, key: str, round: int) -> None:
        named = {headers.ID: f"{self.world.run}-{key}-{round}", headers.TYPE: "Add", headers.SOURCE: "tests"}
        await self.producer.send(
            self.topic, msgspec.json.encode(Add(amount=100 + round)), key=self.world.key(key).encode(),
            headers=[(name, value.encode()) for name, value in named.items()],
        )  # fmt: skip

    async def told(self) -> dict[bytes, list[int]]:
        """Key → amounts in the order of versions, as a reader sees them; fails on a gap."""
        found: dict[bytes, list[int]] = defaultdict(list)
        for record in await self.world.published(self.world.events.name):
            amounts, version = found[record.key or b""], int(dict(record.headers)[headers.SEQUENCE])
            assert version <= len(amounts) + 1, f"{record.key}: version {version} comes after {len(amounts)}"
            if version == len(amounts) + 1:
                amounts.append(msgspec.json.decode(record.body or b"")["amount"])
        return found

    async def done(self) -> bool:
        told = await self.told()
        return len(told) == KEYS and all(len(amounts) >= self.rounds for amounts in told.values())

    def keys_of(self, partition: int) -> set[bytes]:
        every, choose = list(range(PARTITIONS)), DefaultPartitioner()
        return {
            key
            for key in (self.world.key(str(n)).encode() for n in range(KEYS))
            if choose(key, every, every) == partition
        }

    async def done_of(self, partition: int) -> bool:
        told = await self.told()
        return all(len(told[key]) >= self.rounds for key in self.keys_of(partition))

    @asynccontextmanager
    async def held_up(self, partition: int) -> AsyncGenerator[None]:
        """PostgreSQL gives nobody this partition's floor: its batch waits, and is tried again and again."""
        holding = await asyncpg.connect(self.world.settings.postgres)
        try:
            await holding.execute("begin")
            statement = "select 1 from tally.floor where topic = $1 and partition = $2 for update"
            assert await holding.fetchval(statement, self.topic, partition)
            yield
        finally:
            await holding.close()

    async def opened(self) -> int:
        """How often partitions of the flow were opened, over all members."""
        rows = await self.world.query("select sum(epoch + 1)::int as n from floor where topic = $1", self.topic)
        return rows[0]["n"] or 0


@pytest_asyncio.fixture
async def flow(world: World) -> AsyncGenerator[Flow]:
    await world.process()  # a pool for the questions
    await make_topics(world.settings.kafka, [flow_of(world.run)[0]])
    producer = AIOKafkaProducer(bootstrap_servers=",".join(world.settings.kafka), acks="all")
    await producer.start()
    yield Flow(world, producer)
    await producer.stop()


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
    group = f"{flow.world.run}.decide"
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
            assert await incomplete(servers.endpoints, [group], 1) == []
        assert not any([await flow.done_of(partition) for partition in waiting]), "it has waited all the time"
        await held.aclose()
        await until("all commands to be done", flow.done)
        assert await flow.opened() == before, "no rebalance: nothing was opened again"
    assert all(amounts == [100 + round for round in range(6)] for amounts in (await flow.told()).values())

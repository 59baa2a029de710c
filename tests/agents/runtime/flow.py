"""Commands for some keys on a topic of two partitions, and what members of the group have made of them."""

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer

from stores.kafka.partitioning import partition_of
from tests.agents.runtime.member import PARTITIONS, flow_of
from tests.agents.runtime.tally import Add
from tests.agents.runtime.world import World
from topics.messages import headers

KEYS = 8


class Flow:
    """Commands for some keys, round after round; the amounts tell the round."""

    def __init__(self, world: World, producer: AIOKafkaProducer) -> None:
        self.world, self.producer, self.rounds = world, producer, 0
        self.topic, self.group = flow_of(world.run)[0].name, f"{world.run}.decide"
        # As many of each partition: of a partition without keys everything is done at any time.
        names = [[name for name in map(str, range(200)) if self._home(name) == p] for p in range(PARTITIONS)]
        self._names = [name for some in names for name in some[: KEYS // PARTITIONS]]

    async def say(self, rounds: int, *, astray: bool = False) -> None:
        """astray: each into another partition than its key's."""
        for _ in range(rounds):
            for name in self._names:
                await self._one(name, self.rounds, astray)
            self.rounds += 1
        await self.producer.flush()

    async def _one(self, key: str, round: int, astray: bool) -> None:
        home = self._home(key)
        named = {headers.ID: f"{self.world.run}-{key}-{round}", headers.TYPE: "Add", headers.SOURCE: "tests"}
        await self.producer.send(
            self.topic, msgspec.json.encode(Add(amount=100 + round)), key=self.world.key(key).encode(),
            headers=[(name, value.encode()) for name, value in named.items()],
            partition=(home + 1) % PARTITIONS if astray else home,
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
        return {self.world.key(name).encode() for name in self._names if self._home(name) == partition}

    def _home(self, name: str) -> int:
        return partition_of(self.world.key(name).encode(), PARTITIONS)

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

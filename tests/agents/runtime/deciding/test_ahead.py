"""Slow work ahead: commands come on a topic of their own and go on to the one on which they are decided."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest_asyncio
from aiokafka import ConsumerRecord

from agents.runtime.deciding.ahead import Ahead
from agents.runtime.deciding.preparing import HEAVY
from http_edge.commands.withdrawals import Withdrawals
from stores.kafka.admin import make_topics
from stores.kafka.log import Logged
from tests.agents.runtime.tally import DECIDER, Add, Tally
from tests.agents.runtime.world import Process, Record, World
from tests.deadline import until
from topics.messages import headers
from topics.messages.topic import Topic


class Hashes:
    """Finds the total of the key as it is. prepared: how many times. go: what it waits for."""

    def __init__(self) -> None:
        self.prepared = 0
        self.go = asyncio.Event()

    def heavy(self, command: Any) -> bool:
        return True

    async def prepare(self, command: Any, aggregate_id: str, state: Tally, *rest: Any) -> str:
        self.prepared += 1
        await self.go.wait()
        return str(state.total)


class Told:
    """A preparation for the decision, which finds in the header what was found before."""

    def heavy(self, command: Any) -> bool:
        return True

    async def prepare(self, command: Any, aggregate_id: str, state: Tally, said: Any, *rest: Any) -> int | None:
        found = said.get(headers.PREPARED)
        return None if found is None else int(found)


class Path:
    """Both topics of one test: the slow work before, and the decision."""

    def __init__(self, world: World, topic: Topic, before: Process, after: Process, hashes: Hashes) -> None:
        self.world, self.topic, self.before, self.after, self.hashes = world, topic, before, after, hashes
        self._read = 0

    def say(self, **more: Any) -> Record:
        return self.world.say(topic=self.topic.name, **more)

    async def take(self, *records: Record) -> "asyncio.Task[None]":
        lease = await self.before.open(f"{self.world.run}.prepare", self.topic.name)
        return self.before.begin(lease, records)

    async def went_on(self) -> list[Logged]:
        return await self.world.published(self.world.commands.name)

    async def decide(self) -> None:
        """All that went on and was not decided yet."""
        every = await self.went_on()
        new, self._read = every[self._read :], len(every)
        lease = await self.after.open()
        await self.after.do(lease, [_record(each, self.world.commands.name) for each in new])


def _record(logged: Logged, topic: str) -> Record:
    return ConsumerRecord(
        topic=topic, partition=0, offset=logged.offset, timestamp=int(time.time() * 1000), timestamp_type=1,
        key=logged.key, value=logged.body, checksum=None, serialized_key_size=0, serialized_value_size=0,
        headers=list(logged.headers),
    )  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def path(world: World) -> Path:
    topic = Topic(
        name=f"{world.run}_slow", messages=(Add,), key="tally", producers=("tests",), consumers=("tests",),
        append_time=True, partitions=1,
    )  # fmt: skip
    await make_topics(world.settings.kafka, (topic,))
    hashes, before, after = Hashes(), await world.process(), await world.process(prepare=Told())
    before.work = Ahead(topic, world.commands, DECIDER, before.store, before.drain, world.fates, hashes)  # type: ignore
    hashes.go.set()
    return Path(world, topic, before, after, hashes)


def _of_the_edge(seconds: float = 2) -> dict[str, str]:
    return {headers.DEADLINE: str(int((time.time() + seconds) * 1000)), headers.OPERATION: "op"}


async def test_it_is_decided_with_what_was_found_and_once(path: Path):
    record = path.say(amount=5, id="x", fields={"prepared": True}, more=_of_the_edge())
    await (await path.take(record))
    await (await path.take(record))  # the floor has passed it; what was not known to be out goes out once more
    went, *again = await path.went_on()
    assert all(each.headers == went.headers for each in again) and path.hashes.prepared == 2
    said = {name: value.decode() for name, value in went.headers}
    assert (said[headers.ID], said[headers.PREPARED], said[headers.TYPE]) == (path.world.id("x"), "0", "Add")
    assert headers.DEADLINE not in said, "it is taken, and its caller may have been told so"
    await path.decide()
    assert await path.world.totals() == [5]


async def test_whoever_says_what_was_found_is_not_believed(path: Path):
    record = path.say(amount=5, id="x", fields={"prepared": True}, more={headers.PREPARED: "77"})
    await (await path.take(record))
    [went] = await path.went_on()
    assert [value for name, value in went.headers if name == headers.PREPARED] == [b"0"]


async def test_nothing_is_prepared_whose_asker_has_gone_and_it_takes_no_effect(path: Path, withdrawals: Withdrawals):
    gone = [path.say(amount=1, id=f"gone-{n}", more=_of_the_edge()) for n in range(5)]
    late = path.say(amount=1, id="late", more=_of_the_edge(-5))
    for n in range(5):
        assert await withdrawals.withdraw(path.world.id(f"gone-{n}"))
    await (await path.take(*gone, late, path.say(amount=2, id="here", more=_of_the_edge())))
    assert path.hashes.prepared == 1
    await path.decide()
    assert await path.world.totals() == [2]


async def test_what_is_withdrawn_while_others_are_prepared_is_not_prepared(path: Path, withdrawals: Withdrawals):
    path.hashes.go.clear()
    working = await path.take(*(path.say(amount=1, id=f"x-{n}", more=_of_the_edge()) for n in range(6)))

    async def first() -> bool:
        return path.hashes.prepared == HEAVY

    await until("the first ones to be prepared", first)
    said = [await withdrawals.withdraw(path.world.id(f"x-{n}")) for n in range(6)]
    assert said == [False] * HEAVY + [True] * (6 - HEAVY)
    path.hashes.go.set()
    await working
    assert path.hashes.prepared == HEAVY
    await path.decide()
    assert await path.world.totals() == list(range(1, HEAVY + 1))


async def test_others_are_decided_while_it_is_prepared(path: Path):
    path.hashes.go.clear()
    working = await path.take(path.say(amount=5, id="slow"))
    quick = replace(path.world.say(amount=1, id="quick"), offset=0)
    await path.after.do(await path.after.open(), [quick])
    assert await path.world.totals() == [1]
    path.hashes.go.set()
    await working


async def test_what_cannot_be_read_goes_on_and_is_a_dead_letter_of_the_decision(path: Path):
    await (await path.take(path.say(body=b"{", id="bad"), path.say(key=None, id="keyless"), path.say(amount=1)))
    assert path.hashes.prepared == 1 and len(await path.went_on()) == 3
    await path.decide()
    assert [dead.key for dead in await path.world.dead()] == [path.world.key("a").encode(), None]
    assert await path.world.totals() == [1]


async def test_a_killed_process_loses_none_and_the_next_one_doubles_none(path: Path):
    path.hashes.go.clear()
    records = [path.say(amount=1, id=f"x-{n}", more=_of_the_edge()) for n in range(3)]
    killed = await path.take(*records)

    async def under_way() -> bool:
        return path.hashes.prepared == HEAVY

    await until("the first ones to be prepared", under_way)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    path.hashes.go.set()
    await (await path.take(*records))
    await path.decide()
    assert await path.world.totals() == [1, 2, 3]

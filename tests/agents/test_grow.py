"""`./lezzet topics grow` on a broker: topics are raised while commands come again and again; nothing is lost or doubled, each
key keeps its order, and views and copies are the same after they were built again."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from agents.command_line import CannotDo
from agents.grow import Plan, data_of, plan_of
from agents.provision import provision
from infra.audit.books import open_books
from infra.layout.folders import CHECKOUT
from infra.stack.stack import Stack
from replay.tools import Tools
from replay.topics.floors import lags, standings
from stores.kafka.admin import raise_partitions
from stores.kafka.groups import memberships
from stores.kafka.growth import Counts, Growth, growth_in, write_growth
from stores.kafka.log import Bounds, Logged, Place
from stores.kafka.partitioning import partition_of
from stores.kafka.raw import RawRecord
from stores.redis import tags
from stores.redis.connection import connect
from stores.settings import load
from tests.deadline import until, within
from tests.replay.scene import record, running
from topics import keys
from topics.contracts import address_commands, address_events, all_topics

COMMANDS, EVENTS = address_commands.TOPIC, address_events.TOPIC
TOPICS = (COMMANDS.name, EVENTS.name)
USERS = [f"user-{number}" for number in range(24)]
DOMAINS = ("address", "order")  # who decides and shows address books, and who copies them
EXAMPLE = (CHECKOUT / "topics/examples/address_commands/AddAddress.json").read_bytes()
WAIT = 180.0  # seconds, for processes that start on a busy machine


class Town:
    """Users with address books. said: how many addresses each has asked for."""

    def __init__(self, stack: Stack, redis: Redis) -> None:
        self.stack, self.redis = stack, redis
        self.tools = Tools(load(stack.environment()))
        self.said = 0

    async def say(self, rounds: int) -> None:
        """As an edge does: each command by its key."""
        async with self.tools.producer() as producer:
            for _ in range(rounds):
                self.said += 1
                for user in USERS:
                    await producer.send(self.command(user, self.said))

    def command(self, user: str, number: int) -> RawRecord:
        body = msgspec.json.decode(EXAMPLE) | {"title": str(number)}
        return record(
            COMMANDS.name, user, msgspec.json.encode(body), id=f"{user} {number}", type="AddAddress", source="tests"
        )

    async def grow(self, *arguments: str) -> tuple[int | None, str]:
        """(exit code, what it said)."""
        return await self._run("agents.grow", *arguments)

    async def _run(self, *module: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module, cwd=CHECKOUT, env=self.stack.environment() | {"AGENTS_HEALTH_PORT": "0"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            out, _ = await within("it ends by itself", process.communicate(), WAIT)
        finally:
            if process.returncode is None:
                process.kill()
        return process.returncode, out.decode()

    async def agents_that_start(self) -> tuple[int | None, str]:
        """Of agents that end by themselves."""
        code, said = await self._run("agents", *DOMAINS)
        return code, said.splitlines()[-1]

    async def drained(self) -> bool:
        """Whether every reader of both topics has done everything, and all events are out. In this order: what is decided now
        stands in the outbox, then on the topic, and is read there."""
        return await self._nobody_lags() and await self._all_is_out() and await self._nobody_lags()

    async def _all_is_out(self) -> bool:
        async with open_books(self.stack.endpoints) as books:
            return not await books.of("address").outbox("address")

    async def _nobody_lags(self) -> bool:
        contracts = [all_topics()[name] for name in TOPICS]
        async with self.tools.log() as log, self.tools.domains() as domains, self.tools.view_floors() as views:
            bounds = await log.bounds(log.places(TOPICS))
            found = await standings(contracts, domains, views)
        open_parts = {(one.group, one.place) for one in found}
        wanted = {
            (group, place)
            for group in ("address.decide", "address.project", "order.project")
            for place in bounds
            if (place.topic == COMMANDS.name) == (group == "address.decide")
        }
        return wanted <= open_parts and not any(sum(of.values()) for of in lags(found, bounds).values())

    async def agents_do_all(self, rounds: int = 0) -> None:
        """Agents start, `rounds` more commands come, and they stop when all is done."""
        async with running(self.stack, "agents", *DOMAINS), running(self.stack, "agents", *DOMAINS):
            await self.say(rounds)
            await until("everything to be done", self.drained, WAIT)
        await self.nobody_is_left()

    async def nobody_is_left(self) -> None:
        """One that could not leave its groups in time counts until its session is over."""

        async def empty() -> bool:
            groups = [f"{domain}.{shape}" for domain in DOMAINS for shape in ("decide", "project")]
            found = await memberships(self.tools.settings.kafka, groups)
            return not any(each.members for each in found.values())

        await until("the groups to be empty", empty, WAIT)

    async def history(self) -> dict[str, list[Logged]]:
        """Events of each user, read as a reader reads them: a partition after the one that had its keys before."""
        found: dict[str, list[Logged]] = defaultdict(list)
        async with self.tools.log() as log:
            growth = Counts(await growth_in(log)).growth(EVENTS)
            bounds = await log.bounds(log.places([EVENTS.name]))
            read = dict.fromkeys(bounds, 0)
            for root in range(growth.first):
                for partition, end in growth.stretches(root):
                    place = next(each for each in bounds if each.partition == partition)
                    until_there = bounds[place].end if end is None else end
                    async for chunk in log.read({place: read[place]}, {place: until_there}):
                        for each in chunk:
                            found[(each.key or b"").decode()].append(each)
                    read[place] = max(read[place], until_there)
        return found

    async def shown(self) -> dict[str, Any]:
        values = await tags.read(self.redis, [keys.document("address", user) for user in USERS])
        return {user: value and keys.split(value) for user, value in zip(USERS, values, strict=True)}

    async def audit(self) -> None:
        """Each command has one event, in the order in which they were sent; copies are as these events make them."""
        history = await self.history()
        assert history.keys() == set(USERS)
        for user, events in history.items():
            versions = [int(dict(each.headers)["ce_sequence"]) for each in events]
            assert versions == list(range(1, self.said + 1)), f"{user}: {versions}"
            titles = [msgspec.json.decode(each.body or b"")["address"]["title"] for each in events]
            assert titles == [str(number) for number in range(1, self.said + 1)], f"{user}: {titles}"
        shown = await self.shown()
        assert {user: value and value[0] for user, value in shown.items()} == dict.fromkeys(USERS, self.said)
        code, said = await self._run("replay", "topics", "reread", EVENTS.name, "--group", "order.project")
        assert (code, "0 copies would be written anew" in said) == (0, True), said


@pytest_asyncio.fixture(loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Town]:
    """Servers of its own: other tests count on four partitions."""
    async with Stack(data=tmp_path_factory.mktemp("grown")) as stack:
        await provision(load(stack.environment()))
        redis = connect(stack.endpoints.redis)
        yield Town(stack, redis)
        await redis.aclose()


class FourPartitions:
    """What a plan asks of the log (stores.kafka.log.LogReader)."""

    def __init__(self, topics: dict[str, int], ends: int = 0) -> None:
        self.topics, self._ends = topics, ends

    def places(self, topics: Sequence[str]) -> list[Place]:
        return [Place(topic, number) for topic in topics for number in range(self.topics[topic])]

    async def bounds(self, places: Sequence[Place]) -> dict[Place, Bounds]:
        return {place: Bounds(0, self._ends) for place in places}


@pytest.mark.parametrize(
    ("there", "wanted", "why"),
    [
        (4, 2, "Kafka takes none away"),
        (4, 6, "6 is no multiple of 4"),
        (4, 4096, "at most 1024"),
        (8, 16, "give it with --partitions 8 first"),
        (8, 8, "was written since"),
        (None, 8, "is not made yet"),
    ],
)
async def test_what_makes_no_sense_is_refused(there: int | None, wanted: int, why: str):
    log: Any = FourPartitions({} if there is None else {EVENTS.name: there}, ends=3)
    with pytest.raises(CannotDo, match=why):
        await plan_of(log, EVENTS, wanted, Growth(4))


async def test_a_raise_that_was_begun_is_ended_first():
    log: Any = FourPartitions({EVENTS.name: 4})
    with pytest.raises(CannotDo, match="a raise to 16 was begun"):
        await plan_of(log, EVENTS, 8, Growth(16, ((0,) * 4,)))


async def test_what_makes_sense_is_planned_from_what_kafka_has():
    empty: Any = FourPartitions({EVENTS.name: 8})
    assert await plan_of(empty, EVENTS, 8, Growth(8, ((1, 2, 3, 4),))) is None
    raised_by_hand = await plan_of(empty, EVENTS, 8, Growth(4))
    assert raised_by_hand is not None and (raised_by_hand.by_hand, raised_by_hand.before) == (True, 4)
    killed = await plan_of(empty, EVENTS, 16, Growth(16, ((1, 2, 3, 4), (0,) * 8)))
    assert killed is not None and (killed.by_hand, killed.before, killed.ends) == (False, 8, (0,) * 8)


def test_the_plan_is_one_document_with_json():
    plan = Plan(EVENTS, 4, 8, (1, 2, 3, 4), by_hand=False)
    said = {"topic": EVENTS.name, "before": 4, "after": 8, "messages": 10}
    assert data_of(EVENTS, 8, plan, write=False) == said | {"done": False}
    assert data_of(EVENTS, 8, plan, write=True) == said | {"done": True}
    assert data_of(EVENTS, 8, None, write=True) == said | {"before": 8, "messages": 0, "done": False}


async def test_topics_are_raised_twice_while_commands_come_and_each_key_keeps_its_order(town: Town):
    async with running(town.stack, "agents", *DOMAINS):
        await town.say(3)
        await until("everything to be done", town.drained, WAIT)
        code, said = await town.grow(EVENTS.name, "--partitions", "8", "--yes")
        assert code == 1 and said.startswith("lezzet topics: agents run: "), said
    await town.nobody_is_left()
    await town.say(1)  # nobody is there to decide these
    assert "is 24 messages behind" in (await town.grow(COMMANDS.name, "--partitions", "8", "--yes"))[1]
    await town.agents_do_all()
    assert "dry run" in (await town.grow(EVENTS.name, "--partitions", "8"))[1]
    for name in TOPICS:
        code, said = await town.grow(name, "--partitions", "8", "--yes")
        assert code == 0 and "has now 8 partitions, after 4" in said, said
    await town.agents_do_all(rounds=3)
    await town.audit()
    before = await town.shown()
    await _is_killed_in_the_middle(town)
    await town.agents_do_all(rounds=3)
    await town.audit()
    assert {partition_of(user.encode(), 16) for user in USERS} - set(range(8)), "some are in new partitions"
    await _is_built_again(town, before)


async def _is_killed_in_the_middle(town: Town) -> None:
    """Between its record and the raise, and then a raise by hand: both are refused at the start, and mended by the command."""
    kafka = town.tools.settings.kafka
    await write_growth(kafka, COMMANDS.name, (await _growth(town, COMMANDS.name)).raised(16, (0,) * 8))
    code, line = await town.agents_that_start()
    assert code == 2 and "address_commands has 8 partitions there, 16 are recorded" in line, line
    assert "`./lezzet topics grow address_commands --partitions 16 --yes`" in line, line
    code, said = await town.grow(COMMANDS.name, "--partitions", "16", "--yes")
    assert code == 0, said
    assert (await _growth(town, COMMANDS.name)).ends[1] != (0,) * 8, "the ends of now, not of the killed one"
    await raise_partitions(kafka, EVENTS.name, 16)
    code, said = await town.grow(EVENTS.name, "--partitions", "16", "--yes")
    assert code == 0, said


async def _growth(town: Town, topic: str) -> Growth:
    async with town.tools.log() as log:
        return Counts(await growth_in(log)).growth(all_topics()[topic])


async def _is_built_again(town: Town, before: dict[str, Any]) -> None:
    after = await town.shown()
    assert after.keys() == before.keys() and after != before
    await town.redis.flushall()
    async with running(town.stack, "agents", *DOMAINS):
        await until("everything to be shown again", town.drained, WAIT)
    assert await town.shown() == after

"""A store on Redis that was lost is made anew from topics: what was done stays done, and what was not is still to do."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from agents.command_line import CannotDo
from agents.rebuild import Domain, Told, rebuild
from agents.reread import record_of
from agents.runtime.deciding.consequences import Roles
from agents.runtime.deciding.deciding import Deciding
from agents.runtime.sending.drain import Drain
from agents.runtime.sending.publisher import Publisher
from agents.runtime.transport.lease import Batch, Lease
from infra.stack.stack import Stack
from stores.errors import Lost
from stores.kafka.admin import make_topics
from stores.kafka.log import Bounds, Logged, Place, open_log
from stores.kafka.raw import RawRecord, open_raw
from stores.protocol import Source
from stores.redis.connection import connect
from stores.redis.fates import Fates
from stores.redis.replies import Replies
from stores.redis_authority.connections import Connections
from stores.redis_authority.making import Making
from stores.redis_authority.store import RedisStore
from stores.settings import Settings, load
from tests.agents.runtime.tally import BAD_LUCK, DECIDER, Add, topics_of
from topics.messages import headers, redrive


class Room:
    """A domain on topics of the test's own, its store, and a process that works on it."""

    def __init__(self, settings: Settings) -> None:
        self.run = f"t{uuid.uuid4().hex[:10]}"
        commands, events = topics_of(self.run)
        self.domain = Domain(self.run, commands, replace(events, name=f"{self.run}_events"), DECIDER)
        self.settings = settings
        self.connections = Connections(settings.redis_baskets, size=2)
        self.making = Making(self.connections, self.run)
        self.store = RedisStore(self.connections, self.run)
        self.redis, self.publisher = connect(settings.redis), Publisher(settings.kafka)
        self.source = Source(self.domain.deciding, commands.name, 0)

    async def open(self) -> None:
        """As a process that has just been assigned the partition."""
        roles = Roles(self.domain.commands, self.domain.events, DECIDER)
        drain = Drain(self.store, self.publisher, Replies(self.redis))
        self.work, self.lease = Deciding(roles, self.store, drain, Fates(self.redis)), Lease(self.source, end=10**6)
        await self.work.open(self.lease, 0)

    async def say(self, key: str, amount: int, id: str, kind: str = "Add", body: bytes = b"") -> None:
        """A command on its topic; its caller waits for an answer."""
        said = {headers.TYPE: kind, headers.ID: id, headers.SOURCE: "tests", headers.OPERATION: f"{self.run} {id}"}
        record = RawRecord(
            self.domain.commands.name, key.encode(), [(name, value.encode()) for name, value in said.items()],
            body or msgspec.json.encode(Add(amount=amount)),
        )  # fmt: skip
        async with open_raw(self.settings.kafka) as producer:
            await producer.send(record)

    async def redrive(self, key: str, drop: Sequence[str] = ()) -> None:
        order = msgspec.json.encode(redrive.Redrive(drop=tuple(drop)))
        await self.say(key, 0, f"redrive {uuid.uuid4()}", redrive.TYPE, order)

    async def logged(self, topic: str) -> list[Logged]:
        place = Place(topic, 0)
        async with open_log(self.settings.kafka) as log:
            bound: Bounds = (await log.bounds([place]))[place]
            return [each async for chunk in log.read({place: bound.first}, {place: bound.end}) for each in chunk]

    async def work_off(self, most: int = 1_000) -> None:
        """All commands from the floor on, or some."""
        first = (await self.store.look([self.source])).floors[self.source].next
        records = (await self.logged(self.domain.commands.name))[first:][:most]
        if records:
            await self.work.run(Batch(self.lease, list(map(record_of, records)), first))

    async def lose(self) -> None:
        await self.making.clear()

    async def rebuild(self) -> Told:
        return await rebuild(self.settings, self.domain)

    async def states(self) -> dict[bytes, bytes]:
        return await self.connections.call("HGETALL", f"{{{self.run}}}:state")

    async def floor(self) -> int:
        return (await self.store.look([self.source])).floors[self.source].next

    async def parked(self, *keys: str) -> list[Any]:
        waiting = (await self.store.look([self.source], parked=keys)).waiting
        return [
            (each.key, each.id, each.offset, each.source, each.at, dict(each.headers), each.body) for each in waiting
        ]

    async def known(self, *ids: str) -> set[str]:
        found = await self.store.look([self.source], ids=[("tests", id) for id in ids])
        return {id for _, id in found.known}

    async def versions(self, key: str) -> list[int]:
        named = [(each.key, dict(each.headers)) for each in await self.logged(self.domain.events.name)]
        return [int(said[headers.SEQUENCE]) for of, said in named if of == key.encode()]

    async def answer(self, id: str) -> Any:
        value = await self.redis.get(f"reply:{self.run} {id}")
        return None if value is None else msgspec.json.decode(value)


@pytest_asyncio.fixture(loop_scope="session")
async def room(servers: Stack) -> AsyncGenerator[Room]:
    made = Room(load(servers.environment()))
    await make_topics(made.settings.kafka, (made.domain.commands, made.domain.events))
    await made.making.finish({}, "new")
    await made.open()
    yield made
    made.lease.end_now()
    await made.making.clear()
    await made.publisher.stop()
    await made.connections.close()
    await made.redis.aclose()


async def test_states_are_as_they_were_to_the_byte_and_nothing_is_done_twice_or_lost(room: Room) -> None:
    for n in range(1, 8):
        await room.say("ab"[n % 2], n, f"done {n}")
    await room.say("a", -1, "refused")
    await room.say("c", 5, "last")
    await room.work_off()
    await room.say("a", 3, "to do")
    states, floor = await room.states(), await room.floor()
    assert len(states) == 3
    await room.lose()
    with pytest.raises(Lost):
        await room.open()
    told = await room.rebuild()
    assert (told.events, told.aggregates, told.done, told.parked, told.bad) == (8, 3, 9, 0, [])
    assert await room.states() == states
    assert await room.floor() == floor
    assert await room.known("done 1", "done 7", "refused", "last", "to do") == {"done 1", "done 7", "refused", "last"}
    await room.open()
    await room.say("b", 1, "done 1")
    await room.work_off()
    assert await room.versions("b") == [1, 2, 3, 4], "it was done before"
    assert await room.versions("a") == [1, 2, 3, 4], "what was to do is done, once"


async def test_who_asks_again_hears_that_it_is_done(room: Room) -> None:
    await room.say("a", 1, "1")
    await room.work_off()
    await room.lose()
    await room.rebuild()
    await room.redis.delete(f"reply:{room.run} 1")
    await room.open()
    await room.say("a", 1, "1")
    await room.work_off()
    answer = await room.answer("1")
    assert answer["status"] == "done" and answer["wrote"] == [[room.run, "a", 1]]
    assert await room.versions("a") == [1]


async def test_what_was_parked_is_parked_again_in_its_order(room: Room) -> None:
    for key, amount, id in (
        ("a", 1, "1"), ("a", BAD_LUCK, "poison"), ("a", 2, "behind"), ("b", 1, "2"), ("a", 3, "behind, too"), ("b", 1, "3"),
    ):  # fmt: skip
        await room.say(key, amount, id)
    await room.work_off()
    states, parked = await room.states(), await room.parked("a")
    assert [each[1] for each in parked] == ["poison", "behind", "behind, too"]
    await room.lose()
    assert (await room.rebuild()).parked == 3
    assert (await room.states(), await room.parked("a")) == (states, parked)
    await room.open()
    assert (await room.store.look([room.source], keys=["a", "b"])).parked == {"a"}
    await room.redrive("a", drop=["poison"])
    await room.work_off()
    assert await room.versions("a") == [1, 2, 3]


async def test_what_was_redriven_or_dropped_stays_so(room: Room) -> None:
    for key in ("a", "b"):
        await room.say(key, BAD_LUCK, f"poison {key}")
        await room.say(key, 1, f"behind {key}")
    await room.work_off()
    await room.redrive("a", drop=["poison a"])
    await room.work_off()
    states = await room.states()
    await room.lose()
    assert (await room.rebuild()).parked == 1
    await room.open()
    await room.work_off()  # what nothing tells of is decided again, here a message behind a parked one, and the order
    assert await room.states() == states
    assert [each[1] for each in await room.parked("a", "b")] == ["poison b", "behind b"]


async def test_a_store_that_is_whole_is_left_alone(room: Room) -> None:
    await room.say("a", 1, "1")
    await room.work_off()
    with pytest.raises(CannotDo, match="nothing is lost"):
        await room.rebuild()
    assert await room.floor() == 1


async def test_events_with_a_gap_make_nothing(room: Room) -> None:
    said = {
        headers.TYPE: "Added",
        headers.ID: "e",
        headers.SOURCE: "lezzet/tally",
        headers.SUBJECT: "a",
        headers.SEQUENCE: "2",
    }
    named = [(name, value.encode()) for name, value in said.items()]
    async with open_raw(room.settings.kafka) as producer:
        await producer.send(RawRecord(room.domain.events.name, b"a", named, b'{"amount":1,"total":1}'))
    await room.lose()
    told = await room.rebuild()
    assert told.bad == ["a: version 2 follows 0"]
    assert not await room.making.is_whole()


async def test_timers_are_set_once_more(room: Room) -> None:
    """Those of this domain are lost with the store, and what sets them again is decided when the agents go on."""
    room.domain = replace(
        room.domain, decider=replace(DECIDER, renews=lambda tally: Add(amount=0) if tally.total > 5 else None)
    )
    for key, amount in (("a", 4), ("b", 5), ("a", 3), ("c", 9)):
        await room.say(key, amount, f"{key} {amount}")
    await room.work_off()
    await room.lose()
    told = await room.rebuild()
    assert told.timed == {"a": Add(amount=0), "c": Add(amount=0)}
    await room.open()
    await room.work_off()
    assert (await room.versions("a"), await room.versions("b"), await room.versions("c")) == ([1, 2, 3], [1], [1, 2])

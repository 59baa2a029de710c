"""What is Redis' own: a script that is refused has changed nothing, a full server loses nothing, and data that is gone is
noticed."""

import asyncio
import signal
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import redis.exceptions as theirs
from msgspec.structs import replace

from infra.stack.stack import Stack
from stores.errors import Doubt, Lost, Stale, TimedOut, Unavailable
from stores.protocol import Changes, FactWrite, Floor, Missed, Moment, RowId, TimerRow, TimerWrite
from stores.redis_authority.connections import Connections
from stores.redis_authority.errors import translated
from stores.redis_authority.making import Making
from stores.redis_authority.store import RedisStore
from tests.deadline import until
from tests.stores.contract.stage import HERE, THERE, commit, floor_of, parked, redis, row, write
from tests.stores.contract.test_set_aside import aside

NOW = datetime.now(UTC)


class Room:
    """A domain's store, and the server that it is on."""

    def __init__(self, url: str, store: RedisStore, server: Connections) -> None:
        self.url, self.store, self.server = url, store, server

    async def keys(self) -> list[bytes]:
        return sorted(await self.server.call("KEYS", f"*{self.store.domain}*"))

    async def dump(self) -> dict[bytes, bytes]:
        """All that is there, byte for byte."""
        return {key: await self.server.call("DUMP", key) for key in await self.keys()}

    async def commands(self, doing: Callable[[], Awaitable[Any]]) -> int:
        """How many commands the server runs for it, those of scripts among them."""
        await self.server.call("CONFIG", "RESETSTAT")
        await doing()
        told = (await self.server.call("INFO", "commandstats")).decode()
        return sum(int(line.split("calls=")[1].split(",")[0]) for line in told.splitlines() if "calls=" in line)


@pytest_asyncio.fixture
async def room(servers: Stack) -> AsyncGenerator[Room]:
    url = servers.endpoints.redis_baskets
    async with redis(url, f"t{uuid.uuid4().hex[:10]}") as stage:
        for source in (HERE, THERE):
            await stage.one.open(source, 0)
        server = Connections(url, size=1)
        assert isinstance(stage.one, RedisStore)
        yield Room(url, stage.one, server)
        await server.close()


def timer(id: str, name: str = "n", was: str | None = None) -> TimerWrite:
    return TimerWrite("k", name, was, TimerRow(id, NOW + timedelta(days=1), "[]", b"\xff"))


def everything(n: int, next: int) -> Changes:
    """One of each kind."""
    return Changes(
        next=next,
        inbox={("s", f"{n}"): "{}"},
        facts_read={("s", f"{n}"): "{}"},
        states=[write(f"a{n}", 1)],
        facts=[FactWrite("prices", f"{n}", 1, "{}")],
        outbox=[row(f"{n}", n=n)],
        park=[parked(f"p{n}", f"p{n}")],
        claims={("name", f"{n}"): "a"},
        missed=Missed(n, "code"),
        set_aside=[aside(f"e{n}", n)],
        timers=[timer(f"t{n}", f"n{n}")],
        raised=n,
    )


def _floor(moment: Moment, changes: Changes) -> None:
    moment.floors[HERE] = moment.floors[HERE]._replace(epoch=7)


GUARDS: dict[str, Callable[[Moment, Changes], Any]] = {
    "floor": _floor,
    "inbox": lambda moment, changes: changes.inbox.update({("s", "0"): None}),
    "new state": lambda moment, changes: changes.states.append(write("a0", 1)),
    "state": lambda moment, changes: changes.states.append(write("a0", 9, old=8)),
    "claim": lambda moment, changes: changes.claims.update({("name", "0"): "b"}),
    "owner": lambda moment, changes: moment.owners.update({("name", "0"): "b"}),
    "free claim": lambda moment, changes: moment.owners.update({("name", "0"): None}),
    "new timer": lambda moment, changes: setattr(changes, "timers", [*changes.timers, timer("x", "n0")]),
    "timer": lambda moment, changes: setattr(changes, "timers", [*changes.timers, timer("x", "n0", "y")]),
    "unpark": lambda moment, changes: changes.unpark.append(99),
    "behind": lambda moment, changes: moment.aside.update({"k": "gone"}),
    "take back": lambda moment, changes: changes.take_back.append("gone"),
    "outbox": lambda moment, changes: changes.outbox.append(row("again", n=0)),
}


@pytest.mark.parametrize("guard", GUARDS)
async def test_a_write_that_one_guard_refuses_has_changed_nothing_at_all(room: Room, guard: str) -> None:
    await commit(room.store, HERE, everything(0, 1))
    before, changes = await room.dump(), everything(1, 2)
    moment = await room.store.look([HERE])
    GUARDS[guard](moment, changes)
    with pytest.raises(Stale):
        await room.store.write(moment, {HERE: changes})
    assert await room.dump() == before
    await commit(room.store, HERE, everything(1, 2))
    assert await floor_of(room.store, HERE) == 2, "without that one it is written"


async def test_all_keys_of_a_domain_have_its_tag(room: Room) -> None:
    await commit(room.store, HERE, everything(0, 1))
    await room.store.begin_effects(HERE, 0, ["1"])
    await room.store.end_effects(HERE, ["1"], [row("outcome", n=9)])
    found = await room.keys()
    assert len(found) > 20
    assert {key.split(b":")[0] for key in found} == {b"{%b}" % room.store.domain.encode()}


@asynccontextmanager
async def full(room: Room) -> AsyncGenerator[None]:
    """The server is at its limit."""
    limit = (await room.server.call("CONFIG", "GET", "maxmemory"))[b"maxmemory"]
    await room.server.call("CONFIG", "SET", "maxmemory", "1")
    try:
        yield
    finally:
        await room.server.call("CONFIG", "SET", "maxmemory", limit)


async def test_a_full_server_is_doubt_and_what_frees_memory_goes_on(room: Room) -> None:
    await commit(room.store, HERE, everything(0, 1))
    moment, before = await room.store.look([HERE]), await room.dump()
    async with full(room):
        for changes in (everything(1, 2), Changes(next=2, sent=[RowId(0, 0, 0)], states=[write("b", 1)])):
            with pytest.raises(Unavailable, match="OutOfMemory"):
                await room.store.write(moment, {HERE: changes})
        assert await room.dump() == before, "a deletion that comes first lets nothing else through"
        await room.store.forget(HERE, [RowId(0, 0, 0)])
        assert await room.store.sweep(-timedelta(hours=1), 10) is False
    assert await room.store.outbox(HERE) == []
    assert not (await room.store.look([HERE], ids=[("s", "0")])).known
    await room.store.write(moment, {HERE: everything(1, 2)})


async def test_a_replica_is_doubt(room: Room) -> None:
    moment = await room.store.look([HERE])
    await room.server.call("REPLICAOF", "127.0.0.1", "9")
    try:
        with pytest.raises(Unavailable, match="ReadOnly"):
            await room.store.write(moment, {HERE: Changes(next=1)})
    finally:
        await room.server.call("REPLICAOF", "NO", "ONE")
    await room.store.write(moment, {HERE: Changes(next=1)})


async def test_a_server_that_takes_too_long_is_doubt_and_the_floor_tells_what_became_of_it(room: Room) -> None:
    hasty = RedisStore(Connections(room.url, size=1, seconds=0.3), room.store.domain)
    moment = await room.store.look([HERE])
    await room.server.call("CLIENT", "PAUSE", "60000", "WRITE")
    with pytest.raises(TimedOut):
        await hasty.write(moment, {HERE: Changes(next=1, outbox=[row("late")])})
    await room.server.call("CLIENT", "UNPAUSE")
    done = await floor_of(room.store, HERE) == 1
    assert bool(await room.store.outbox(HERE)) is done
    with pytest.raises(Stale) if done else nullcontext():
        await room.store.write(moment, {HERE: Changes(next=1)})


@asynccontextmanager
async def _raising(error: Exception) -> AsyncGenerator[None]:
    async with translated():
        raise error
        yield


@pytest.mark.parametrize(
    "error",
    [
        theirs.BusyLoadingError("LOADING"), theirs.AuthenticationError("WRONGPASS"), theirs.OutOfMemoryError("OOM"),
        theirs.ResponseError("BUSY Redis is busy running a script"), theirs.ResponseError("MISCONF Errors writing"),
        theirs.ResponseError("NOREPLICAS Not enough"), ConnectionResetError(),
    ],
)  # fmt: skip
async def test_what_passes_is_doubt(error: Exception) -> None:
    with pytest.raises(Unavailable):
        async with _raising(error):
            pass


async def test_an_error_in_a_script_is_a_bug_of_ours_and_no_doubt() -> None:
    with pytest.raises(theirs.ResponseError):
        async with _raising(theirs.ResponseError("ERR user_script:7: attempt to index a nil value")):
            pass


async def test_a_store_that_has_lost_its_data_begins_nothing_anew_before_it_is_made(room: Room) -> None:
    await commit(room.store, HERE, everything(0, 5))
    moment = await room.store.look([HERE])
    await Making(room.server, room.store.domain).clear()
    with pytest.raises(Lost, match="rebuild"):
        await room.store.open(HERE, 0)
    assert (await room.store.look([HERE])).floors == {}
    with pytest.raises(Stale):
        await room.store.write(moment, {HERE: everything(1, 6)})
    assert await room.keys() == []
    await Making(room.server, room.store.domain).finish({HERE: Floor(5, 2, 0)}, "rebuilt")
    assert await room.store.open(HERE, 0) == Floor(5, 2, 1)
    assert await room.store.open(THERE, 3) == Floor(3, 0, 0)


async def test_what_a_script_does_does_not_grow_with_what_lies_there(room: Room) -> None:
    async def one(n: int) -> None:
        moment = await room.store.look(
            [HERE], ids=[("s", f"{n}")], keys=["k", f"a{n}"], claims=[("name", f"{n}")], parked=["p0"], named=["p0"],
            aside=["k"],
        )  # fmt: skip
        moment.aside = {}
        await room.store.write(moment, {HERE: everything(n, n)})

    async def looked_after() -> None:
        await room.store.due_timers({HERE: 0}, 10)
        await room.store.next_aside(HERE, 10)
        await room.store.waiting([HERE])
        await room.store.sweep(timedelta(days=1), 10)

    await one(0)
    few = await room.commands(lambda: one(1)), await room.commands(looked_after)
    for n in range(2, 300):
        await one(n)
    many = await room.commands(lambda: one(300)), await room.commands(looked_after)
    assert many[0] - few[0] <= 2 and many[1] - few[1] <= 20, "as many as the limits allow"


async def test_after_a_kill_every_write_that_was_answered_is_there_and_no_half_of_one(servers: Stack) -> None:
    url, domain = servers.endpoints.redis_baskets, f"t{uuid.uuid4().hex[:10]}"
    sources = [HERE._replace(partition=number) for number in range(4)]
    async with redis(url, domain) as stage:
        answered = dict.fromkeys(sources, 0)

        async def goes_on(store: Any, source: Any) -> None:
            await store.open(source, 0)
            try:
                for n in range(1, 10_000):
                    id = f"{source.partition} {n}"
                    await commit(
                        store,
                        source,
                        Changes(next=n, inbox={("s", id): None}, states=[write(id, 1)], outbox=[row(id, n=n)]),
                    )
                    answered[source] = n
            except Doubt:
                return

        writing = [asyncio.create_task(goes_on(stage.one, source)) for source in sources]

        async def many() -> bool:
            return min(answered.values()) >= 50

        await until("50 writes of each partition", many)
        await servers.stop("redis-baskets", signal.SIGKILL)
        await asyncio.gather(*writing)
        await servers.start("redis-baskets")
        for source, n in answered.items():
            floor = await until("the server to be back", lambda source=source: _floor_if_back(stage.other, source))
            assert n <= floor <= n + 1, "what was under way is there as a whole or not at all"
            ids = [f"{source.partition} {each}" for each in range(1, floor + 2)]
            there = await stage.other.look([source], ids=[("s", id) for id in ids], keys=ids)
            assert len(there.known) == len(there.states) == len(await stage.other.outbox(source)) == floor


async def _floor_if_back(store: Any, source: Any) -> int | None:
    """The first call on each connection from before finds it broken."""
    with suppress(Unavailable):
        return await floor_of(store, source)
    return None


async def test_bodies_are_exact_to_the_byte(room: Room) -> None:
    every = bytes(range(256)) * 3
    message = replace(parked("k", "1"), headers=(("h", every),), body=every)
    sent = row("1")._replace(key=every, body=every, headers='[["a","/w=="]]')
    event = replace(aside("1", 0), raw_key=every, headers=(("h", every),), body=every)
    await commit(room.store, HERE, Changes(next=1, park=[message], outbox=[sent], set_aside=[event]))
    (found,) = (await room.store.look([HERE], parked=["k"])).waiting
    assert found == replace(message, seq=1)
    assert await room.store.outbox(HERE) == [sent]
    assert await room.store.next_aside(HERE, 1) == [event]

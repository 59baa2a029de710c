"""Slices of a list on a real Redis: in order, and whole though entries come and go between them."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from infra.stack.stack import Stack
from stores.errors import Unavailable
from stores.listed import Place, Slice, Span
from stores.redis.connection import connect
from stores.redis.lists import Lists
from stores.redis.reader import Reader
from topics import keys

INDEX, VIEW = "listed", "listed"
# Members that a locale orders otherwise than their bytes do, and scores that many share.
MEMBERS = st.text(alphabet="aAbBzZ019._:-é", min_size=1, max_size=3)
SCORES = st.sampled_from([float("-inf"), -1.5, 0.0, 1.0, 1.0000000000000002, 1764158400.123456, float("inf")])


@dataclass
class Shelf:
    """A sorted set whose members have documents, and what is in it."""

    redis: Redis
    lists: Lists
    entries: dict[str, float] = field(default_factory=dict[str, float])

    async def empty(self) -> None:
        self.entries.clear()
        await self.redis.flushdb()

    async def put(self, member: str, score: float, document: str = "") -> None:
        self.entries[member] = score
        await self.redis.set(keys.document(VIEW, member), document or f'1\n"{member}"')
        await self.redis.zadd(keys.index(VIEW, INDEX), {member: score})

    async def take(self, member: str) -> None:
        self.entries.pop(member)
        await self.redis.delete(keys.document(VIEW, member))
        await self.redis.zrem(keys.index(VIEW, INDEX), member)

    def ordered(self, *, newest_first: bool, lowest: float | None) -> list[str]:
        kept = [(score, member.encode()) for member, score in self.entries.items() if lowest is None or score >= lowest]
        return [member.decode() for _, member in sorted(kept, reverse=newest_first)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shelf(servers: Stack) -> AsyncGenerator[Shelf]:
    redis = connect(servers.endpoints.redis.rpartition("/")[0] + "/10")
    lists = Lists(redis, Reader(redis))
    yield Shelf(redis, lists)
    await lists.close()
    await redis.aclose()


def names(found: Slice) -> list[str]:
    return [member.decode() for member in found.members]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
async def test_slices_hold_what_stays_once_and_in_order_whatever_comes_and_goes(shelf: Shelf, data: st.DataObject):
    await shelf.empty()
    for member, score in data.draw(st.dictionaries(MEMBERS, SCORES, max_size=12)).items():
        await shelf.put(member, score)
    newest_first, lowest = data.draw(st.booleans()), data.draw(st.none() | SCORES)
    stays = set(shelf.entries)
    read, after, more = list[tuple[str, float]](), None, True
    while more:
        entries = data.draw(st.integers(1, 4))
        span = Span(INDEX, VIEW, after, lowest, newest_first=newest_first, entries=entries, size=1000)
        before = shelf.ordered(newest_first=newest_first, lowest=lowest)
        found = await shelf.lists.read(span)
        assert len(found.members) <= entries
        assert found.documents == [f'1\n"{member}"'.encode() for member in names(found)]
        read += [(member, shelf.entries[member]) for member in names(found)]
        more = found.more
        if names(found):
            after = found.place(len(found.members) - 1)
            assert more == (before[-1] != names(found)[-1]), "the last one has nothing behind it"
        for member in data.draw(st.sets(st.sampled_from(sorted(shelf.entries)), max_size=3)) if shelf.entries else ():
            await shelf.take(member)
            stays.discard(member)
        for member, score in data.draw(st.dictionaries(MEMBERS, SCORES, max_size=2)).items():
            if member not in stays and len(read) < 40:
                await shelf.put(member, score)
    places = [(score, member.encode()) for member, score in read]
    assert places == sorted(set(places), reverse=newest_first), "in order, and none twice"
    wanted = [each for each in shelf.ordered(newest_first=newest_first, lowest=lowest) if each in stays]
    assert [member for member, _ in read if member in stays] == wanted


async def test_a_slice_ends_where_its_documents_are_too_large_but_has_one(shelf: Shelf):
    await shelf.empty()
    for number, size in enumerate((60, 30, 30, 500, 1)):
        await shelf.put(f"m{number}", number, "1\n" + "x" * (size - 2))
    span, read, more = Span(INDEX, VIEW, entries=10, size=100), list[list[str]](), True
    while more:
        found = await shelf.lists.read(span)
        read.append(names(found))
        more = found.more
        span = span._replace(after=found.place(len(found.members) - 1))
    assert read == [["m0", "m1"], ["m2"], ["m3"], ["m4"]]


async def test_without_entries_it_says_whether_there_are_any(shelf: Shelf):
    await shelf.empty()
    assert await shelf.lists.read(Span(INDEX, VIEW, entries=0)) == Slice([], [], [], more=False)
    await shelf.put("m", 1)
    assert await shelf.lists.read(Span(INDEX, VIEW, entries=0)) == Slice([], [], [], more=True)
    assert (await shelf.lists.read(Span(INDEX, VIEW, Place("1", "m"), entries=0))).more is False


async def test_a_part_of_a_document_brings_the_document(shelf: Shelf):
    await shelf.empty()
    await shelf.put("r-1", 1)
    await shelf.redis.zadd(keys.index(VIEW, INDEX), {keys.part("r-1", "c-2"): 2, "gone": 3})
    found = await shelf.lists.read(Span(INDEX, VIEW, entries=10, size=1000))
    assert (names(found), found.documents) == (["r-1", "r-1/c-2", "gone"], [b'1\n"r-1"', b'1\n"r-1"', b""])


async def test_the_script_is_sent_again_where_redis_has_forgotten_it_and_a_lost_connection_is_made_anew(shelf: Shelf):
    await shelf.empty()
    await shelf.put("m", 1)
    await shelf.redis.script_flush()
    assert names(await shelf.lists.read(Span(INDEX, VIEW, entries=1, size=10))) == ["m"]
    for client in await shelf.redis.client_list():
        if client["cmd"] == "evalsha" or client["cmd"] == "eval":
            await shelf.redis.client_kill_filter(_id=client["id"])
    assert names(await shelf.lists.read(Span(INDEX, VIEW, entries=1, size=10))) == ["m"]


async def test_an_answer_that_nobody_waits_for_is_not_taken_for_the_next_one(shelf: Shelf):
    await shelf.empty()
    await shelf.put("a", 1)
    await shelf.put("b", 2)
    for _ in range(20):
        left = asyncio.create_task(shelf.lists.read(Span(INDEX, VIEW, entries=2, size=1000)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left.cancel()
        assert names(await shelf.lists.read(Span(INDEX, VIEW, entries=1, size=1000))) == ["a"]


async def test_redis_away_is_unavailable(servers: Stack):
    redis = connect("redis://127.0.0.1:1/0")
    lists = Lists(redis, Reader(redis))
    try:
        await lists.read(Span(INDEX, VIEW, entries=1))
    except Unavailable as away:
        assert away.server == "redis"
    else:
        raise AssertionError("nothing listens there")
    finally:
        await redis.aclose()

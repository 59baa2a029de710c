"""Commands of one client side by side: few, the others wait at the edge, and nobody else's do."""

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest

from http_edge.routing.abreast import AT_ONCE, COPIED_AT_ONCE, Abreast
from http_edge.routing.pace import Refusals
from http_edge.wire.problems import Problem
from tests.deadline import BUSY, until
from tests.holding import Holding, settled
from tests.http_edge.client import Said
from tests.http_edge.conftest import World
from tests.http_edge.domains import done, refused
from tests.http_edge.requests import BODIES

LONG = 60.0  # seconds


@asynccontextmanager
async def asking(abreast: Abreast, client: str, count: int) -> AsyncGenerator[list[Holding]]:
    made = [Holding(abreast.turn(client, pause_factor=1)) for _ in range(count)]
    await settled()
    yield made
    for each in made:
        each._end.set()
    await asyncio.gather(*(each.task for each in made), return_exceptions=True)


async def test_a_client_has_few_under_way_and_the_next_begins_when_one_ends():
    abreast = Abreast(turn=LONG)
    async with asking(abreast, "ayşe", COPIED_AT_ONCE + 2) as mine:
        assert [each.begun for each in mine] == [True] * COPIED_AT_ONCE + [False, False]
        await mine[0].end()
        await until("the next one has a turn", under_way(mine[: COPIED_AT_ONCE + 1]))
        assert [each.begun for each in mine] == [True] * (COPIED_AT_ONCE + 1) + [False]


async def test_other_clients_do_not_wait():
    abreast = Abreast(turn=LONG)
    async with asking(abreast, "ayşe", COPIED_AT_ONCE + 1), asking(abreast, "fatma", COPIED_AT_ONCE) as others:
        assert all(each.begun for each in others)


async def test_who_stands_for_many_is_not_bounded():
    abreast = Abreast(turn=LONG)
    async with asking(abreast, "", 10 * COPIED_AT_ONCE) as many:
        assert all(each.begun for each in many)


async def test_one_that_waits_for_something_itself_holds_up_the_others_for_a_moment_only():
    abreast, began = Abreast(turn=0.05), time.monotonic()
    async with asking(abreast, "ayşe", 3 * COPIED_AT_ONCE) as mine:
        await until("all have had a turn", under_way(mine))
        assert time.monotonic() - began >= 0.1, "two turns have passed"
        own = abreast._clients["ayşe", COPIED_AT_ONCE]
        for each in mine:
            await each.end()
    await until("nothing is kept", nothing_kept(abreast))
    assert own.turns._value == COPIED_AT_ONCE, "a turn ends once"


async def test_who_gets_no_turn_is_told_429():
    abreast = Abreast(turn=LONG, wait=0.05)
    async with asking(abreast, "ayşe", COPIED_AT_ONCE):
        with pytest.raises(Problem) as told:
            async with abreast.turn("ayşe", pause_factor=1):
                pass
    assert (told.value.status, told.value.code, told.value.headers) == (429, "too_many_at_once", {"Retry-After": "2"})
    assert abreast.refused == 1


async def test_a_turn_ends_also_where_the_command_fails_or_its_asker_has_gone():
    abreast = Abreast(turn=LONG, wait=LONG)
    for _ in range(2 * COPIED_AT_ONCE):
        with pytest.raises(LookupError):
            async with abreast.turn("ayşe", pause_factor=1):
                raise LookupError
    async with asking(abreast, "ayşe", COPIED_AT_ONCE + 2) as mine:
        gone, waiting = mine[COPIED_AT_ONCE:]
        gone.task.cancel()
        mine[0].task.cancel()
        await until("the next one has a turn", under_way([waiting]))


async def test_the_next_one_waits_while_domains_copy_what_the_one_before_has_changed():
    abreast, now = Abreast(turn=LONG), asyncio.get_running_loop().time

    async def took(least: float) -> tuple[float, float]:
        """When a command had its turn, and when it was done."""
        async with abreast.turn("ayşe", pause_factor=3):
            begun = now()

            async def long_enough() -> bool:
                return now() - begun >= least

            await until("a command that takes a while", long_enough)
            return begun, now()

    begun, ended = await took(0.05)
    next_begun, _ = await took(0.0)
    assert next_begun - ended >= 3 * (ended - begun) - 0.001


async def test_it_waits_for_as_long_as_a_turn_may_last_at_most():
    abreast, now = Abreast(turn=0.05), asyncio.get_running_loop().time
    async with abreast.turn("ayşe", pause_factor=1_000_000):
        await settled()
    ended = now()
    async with abreast.turn("ayşe", pause_factor=1):
        assert 0.04 < now() - ended < BUSY


async def test_nothing_is_kept_of_who_has_nothing_under_way():
    abreast = Abreast()
    async with asking(abreast, "ayşe", COPIED_AT_ONCE + 1):
        assert list(abreast._clients) == [("ayşe", COPIED_AT_ONCE)]
    await until("nothing is kept", nothing_kept(abreast))


def nothing_kept(abreast: Abreast) -> Callable[[], Awaitable[bool]]:
    async def nothing() -> bool:
        return not abreast._clients

    return nothing


def under_way(some: Sequence[Holding]) -> Callable[[], Awaitable[bool]]:
    async def all_of_them() -> bool:
        return all(each.begun for each in some)

    return all_of_them


async def _many(edge: World, user: str, count: int, route: str) -> list[Said]:
    client, (method, path) = edge.client(user), route.split()
    return await asyncio.gather(*(client.call(method, path, BODIES.get(route)) for _ in range(count)))


@pytest.fixture
def one_by_one(edge: World) -> Iterator[World]:
    """A turn lasts as long as its command, and whoever waits waits for it."""
    before = edge.edge.abreast
    object.__setattr__(edge.edge, "abreast", Abreast(turn=LONG))
    yield edge
    object.__setattr__(edge.edge, "abreast", before)


@pytest.mark.usefixtures("long_silence")
@pytest.mark.parametrize(
    ("route", "at_once"), [("DELETE /carts/clear", AT_ONCE), ("POST /restaurants", COPIED_AT_ONCE)]
)
async def test_of_what_a_user_sends_at_once_a_domain_has_few_before_somebody_elses(
    one_by_one: World, route: str, at_once: int
):
    edge, greedy, honest = one_by_one, str(uuid.uuid4()), str(uuid.uuid4())
    edge.domains.behave(lambda command: done(command) if command.key == honest else None)

    async def some_taken() -> bool:
        return len(edge.domains.taken) >= at_once

    many = asyncio.create_task(_many(edge, greedy, 40, route))
    await until("the first ones at the domain", some_taken)
    assert (await edge.client(honest).call("DELETE", "/carts/clear")).status == 200
    assert len(edge.domains.taken) == at_once + 1
    assert edge.domains.taken[-1].key == honest
    said = await many
    assert [each.status for each in said].count(429) == 40 - at_once
    assert {each.problem["code"] for each in said if each.status == 429} == {"too_many_at_once"}


async def test_those_that_wait_are_refused_when_the_ones_before_them_were(edge: World):
    """However many are sent at once: those that are refused are counted before the next is sent on."""
    edge.domains.behave(lambda command: refused(command, "too_many_restaurants"))
    before, few = edge.edge.refusals, Refusals(lambda: 0.0, at_once=4)
    object.__setattr__(edge.edge, "refusals", few)
    try:
        said = await _many(edge, str(uuid.uuid4()), 40, "POST /restaurants")
    finally:
        object.__setattr__(edge.edge, "refusals", before)
    assert {each.status for each in said} == {409, 429}
    assert len(edge.domains.taken) < 4 + COPIED_AT_ONCE

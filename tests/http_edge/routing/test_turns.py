"""Turns: few passwords are hashed at a time, addresses come in turn, and who gets no turn hears so."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from http_edge.routing.turns import AT_ONCE, AT_ONCE_OF_ADDRESS, MOST_OF_ADDRESS, MOST_WAITING, Turns
from http_edge.routing.uploads import WHOLE_AT_ONCE, WHOLE_OF_ADDRESS, Uploads
from http_edge.web import ROUTES
from http_edge.wire.problems import Problem
from tests.holding import Holding, settled
from tests.http_edge.conftest import World
from tests.http_edge.domains import Command
from tests.http_edge.requests import BODIES


@asynccontextmanager
async def full(turns: Turns) -> AsyncGenerator[list[Holding]]:
    """All turns are taken, by other addresses than those of the tests."""
    guests = [Holding(turns.turn(f"10.9.0.{n}")) for n in range(AT_ONCE)]
    await settled()
    assert all(guest.begun for guest in guests)
    yield guests
    for guest in guests:
        await guest.end()


async def test_another_address_does_not_wait_behind_all_of_the_first():
    turns = Turns()
    async with full(turns) as guests:
        many = [Holding(turns.turn("10.0.0.1")) for _ in range(5)]
        await settled()
        other = Holding(turns.turn("10.0.0.2"))
        await settled()
        await guests[0].end()
        await guests[1].end()
        await settled()
        assert (many[0].begun, other.begun, many[1].begun) == (True, True, False)
        for guest in (many[0], other, *many[1:]):
            await guest.end()


async def test_one_address_does_not_take_the_turns_of_others():
    turns = Turns()
    mine = [Holding(turns.turn("10.0.0.1")) for _ in range(AT_ONCE)]
    await settled()
    assert sum(guest.begun for guest in mine) == AT_ONCE_OF_ADDRESS
    others = [Holding(turns.turn(f"10.0.0.{n}")) for n in range(2, 2 + AT_ONCE - AT_ONCE_OF_ADDRESS)]
    await settled()
    assert all(guest.begun for guest in others)
    for guest in (*mine, *others):
        await guest.end()
    async with full(turns):
        pass


async def test_an_address_that_has_too_many_waiting_is_told_429():
    turns = Turns()
    async with full(turns):
        waiting = [Holding(turns.turn("10.0.0.1")) for _ in range(MOST_OF_ADDRESS)]
        await settled()
        with pytest.raises(Problem) as refused:
            async with turns.turn("10.0.0.1"):
                pass
        assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "2"})
        assert turns.refused == 1
        for guest in waiting:
            guest._end.set()
    await asyncio.gather(*(guest.task for guest in waiting))


async def test_all_who_wait_are_bounded():
    turns = Turns()
    async with full(turns):
        waiting = [Holding(turns.turn(f"10.0.1.{n}")) for n in range(MOST_WAITING)]
        await settled()
        assert turns.waiting == MOST_WAITING
        with pytest.raises(Problem) as refused:
            async with turns.turn("10.0.0.9"):
                pass
        assert (refused.value.status, refused.value.code) == (503, "busy")
        for guest in waiting:
            guest._end.set()
    await asyncio.gather(*(guest.task for guest in waiting))
    assert turns.waiting == 0


async def test_who_waits_too_long_hears_503_and_takes_no_turn_away():
    turns = Turns(seconds=0.05)
    async with full(turns):
        late = await asyncio.gather(*(_turn(turns, f"10.0.0.{n}") for n in range(20)), return_exceptions=True)
        assert all(isinstance(each, Problem) and each.status == 503 for each in late)
    async with full(turns):
        pass  # as many as before get in at once


async def _turn(turns: Turns, address: str) -> None:
    async with turns.turn(address):
        pass


async def test_a_turn_ends_also_where_the_request_fails():
    turns = Turns()
    for _ in range(3 * AT_ONCE):
        with pytest.raises(LookupError):
            async with turns.turn("10.0.0.1"):
                raise LookupError
    async with full(turns):
        pass


def test_each_route_that_hashes_a_password_says_so():
    assert {row.name for row in ROUTES if getattr(row, "hashed_on", None)} == {
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/reset-password",
    }


@pytest.mark.usefixtures("long_silence")
async def test_a_crowd_of_logins_is_answered_within_the_time_of_one(edge: World):
    """With domains that never answer: the first wait as long as they may, nobody waits longer, and other routes not at all."""

    def silent(command: Command) -> None:
        return None

    edge.domains.behave(silent)
    body = BODIES["POST /auth/login"]
    asking = [asyncio.ensure_future(edge.client().call("POST", "/auth/login", body)) for _ in range(100)]
    said = await asyncio.gather(*asking)
    found = {(each.status, each.problem["code"]) for each in said}
    assert found == {(429, "too_many_logins"), (503, "busy"), (503, "not_taken")}
    assert all(each.headers["Retry-After"] == "2" for each in said)
    had_turns = sum(each.problem["code"] == "not_taken" for each in said)
    assert len(edge.domains.taken) == had_turns, "nothing is sent for those who got no turn"
    # On a slow machine as many more: they came when the first had got their answer.
    assert AT_ONCE_OF_ADDRESS <= had_turns <= 2 * AT_ONCE_OF_ADDRESS


async def test_those_under_way_stand_in_partitions_of_their_own(edge: World):
    """So none waits for the hash of another one, and what hashes nothing stands in none of these."""
    places = list[tuple[str, int | None]]()
    send = edge.edge.commands.send

    async def noted(topic: str, key: str, said: Any, body: bytes, partition: int | None = None) -> Any:
        places.append((topic, partition))
        return await send(topic, key, said, body, partition)

    object.__setattr__(edge.edge.commands, "send", noted)
    try:
        for _ in range(AT_ONCE):
            await edge.client().call("POST", "/auth/login", BODIES["POST /auth/login"])
        await edge.client("somebody").call("POST", "/auth/logout")
    finally:
        object.__setattr__(edge.edge.commands, "send", send)
    assert sorted(places[:-1]) == [("auth_hashing", place) for place in range(AT_ONCE)]
    assert places[-1] == ("auth_commands", None)
    assert {taken.topic for taken in edge.domains.taken} == {"auth_hashing", "auth_commands"}


async def test_two_who_are_inside_have_different_turns():
    turns, numbers = Turns(), list[int]()
    async with turns.turn("10.0.0.1") as first, turns.turn("10.0.0.2") as second:
        numbers += [first, second]
    async with turns.turn("10.0.0.1") as third:
        numbers.append(third)
    assert len(set(numbers)) == 3, "the longest free one is next"


async def test_a_turn_that_is_given_to_who_has_just_gone_is_the_next_ones():
    turns = Turns()
    async with full(turns) as guests:
        gone, waiting = Holding(turns.turn("10.0.0.1")), Holding(turns.turn("10.0.0.2"))
        await settled()
        # `gone` has been called when the guest has left, and has not run since.
        guests[0].task.add_done_callback(lambda _: gone.task.cancel())
        await guests[0].end()
        await settled()
        assert gone.task.cancelled() and waiting.begun
        await waiting.end()
    async with full(turns):
        pass


async def test_a_trusted_proxy_is_bounded_by_the_number_of_all_that_wait():
    turns = Turns()
    async with full(turns):
        many = [Holding(turns.turn("")) for _ in range(MOST_OF_ADDRESS + 1)]
        await settled()
        assert turns.waiting == len(many) and turns.refused == 0
        for guest in many:
            guest.task.cancel()


def test_one_address_leaves_room_for_files_of_others() -> None:
    """However many accounts it has: a file may take a minute to arrive, and four of them are all that is taken."""
    files = Uploads(WHOLE_AT_ONCE, of_caller=1, of_address=WHOLE_OF_ADDRESS)
    with ExitStack() as under_way:
        for number in range(WHOLE_OF_ADDRESS):
            under_way.enter_context(files.under_way(f"user {number}", "203.0.113.7"))
        with pytest.raises(Problem) as refused:
            under_way.enter_context(files.under_way("another", "203.0.113.7"))
        assert (refused.value.status, refused.value.code) == (429, "too_many_uploads")
        under_way.enter_context(files.under_way("another", "198.51.100.1"))
    assert files.count == 0

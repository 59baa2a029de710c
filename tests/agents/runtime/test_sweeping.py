"""What domains delete now and then: one that cannot does not keep the others from it."""

import asyncio

import pytest

from agents.runtime.sweeping import Sweep, sweep
from stores.errors import Unavailable
from tests.deadline import within


@pytest.mark.parametrize("error", [Unavailable("MongoDB", "is away"), RuntimeError("there is no schema yet")])
async def test_a_sweep_that_fails_is_put_off_and_the_others_go_on(error: Exception) -> None:
    swept = asyncio.Event()

    async def fails() -> bool:
        raise error

    async def works() -> bool:
        swept.set()
        return False

    sweeping = asyncio.create_task(sweep([Sweep("photo", fails), Sweep("order", works)]))
    await within("the second domain to be swept", swept.wait())
    assert not sweeping.done()
    sweeping.cancel()


async def test_where_there_is_more_the_next_round_comes_soon() -> None:
    rounds, done = list[int](), asyncio.Event()

    async def full() -> bool:
        rounds.append(1)
        if len(rounds) == 3:
            done.set()
        return len(rounds) < 3

    sweeping = asyncio.create_task(sweep([Sweep("photo", full)]))
    await within("three rounds", done.wait())
    sweeping.cancel()

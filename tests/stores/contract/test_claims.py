"""Unique values: one owner, whoever asks, in whatever order."""

import asyncio

import pytest

from stores.errors import Doubt
from stores.protocol import Changes, Claimed, DomainStore, Source
from tests.stores.contract.stage import HERE, THERE, Stage, commit

X, Y = ("name", "x"), ("name", "y")


async def take(store: DomainStore, source: Source, *values: tuple[str, str], owner: str) -> Claimed:
    async with store.unit(source) as unit:
        claimed = await unit.claim(dict.fromkeys(values, owner))
        await unit.commit(Changes(next=1))
        return claimed


async def test_a_free_value_is_taken_and_stays_taken(store: DomainStore) -> None:
    assert await take(store, HERE, X, owner="a") == ({X: "a"}, {X})
    assert await take(store, THERE, X, Y, owner="b") == ({X: "a", Y: "b"}, {Y})
    assert await take(store, HERE, X, owner="a") == ({X: "a"}, set())


async def test_a_released_value_is_free_again(store: DomainStore) -> None:
    await take(store, HERE, X, owner="a")
    await commit(store, HERE, Changes(next=2, release=[X]))
    assert await take(store, THERE, X, owner="b") == ({X: "b"}, {X})


async def test_a_value_of_a_transaction_that_was_undone_is_free(stage: Stage) -> None:
    async with stage.one.unit(HERE) as unit:
        await unit.claim({X: "a"})
        waiting = asyncio.create_task(take(stage.other, THERE, X, owner="b"))
        await asyncio.sleep(0)
    assert (await waiting).owners == {X: "b"}


async def test_who_comes_second_waits_and_hears_the_owner(stage: Stage) -> None:
    async with stage.one.unit(HERE) as unit:
        await unit.claim({X: "a"})
        waiting = asyncio.create_task(take(stage.other, THERE, X, owner="b"))
        await asyncio.sleep(0)
        await unit.commit(Changes(next=1))
    assert await waiting == ({X: "a"}, set())


@pytest.mark.parametrize("round", range(5))
async def test_two_batches_that_want_the_same_values_in_opposite_order_do_not_deadlock(
    stage: Stage, round: int
) -> None:
    names = [("name", f"{n}") for n in range(40)]
    one, other = await asyncio.gather(
        take(stage.one, HERE, *names, owner="a"), take(stage.other, THERE, *reversed(names), owner="b")
    )
    assert one.owners == other.owners and len(set(one.owners.values())) == 1
    assert one.fresh ^ other.fresh == set(names)


async def test_every_value_that_was_asked_for_has_an_owner_or_it_is_doubt(stage: Stage) -> None:
    """Also when its owner gives it back between the look and the answer: a missing owner would look like a taken name."""
    await take(stage.one, HERE, X, owner="a")
    for round in range(2, 30):
        giving = commit(stage.one, HERE, Changes(next=round, release=[X]))
        asking = take(stage.other, THERE, X, owner="b")
        _, asked = await asyncio.gather(giving, asking, return_exceptions=True)
        assert isinstance(asked, Doubt) or X in asked.owners
        await take(stage.one, HERE, X, owner="a")

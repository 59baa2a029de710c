"""Unique values: one owner, whoever asks, in whatever order."""

import asyncio

import pytest

from stores.errors import Conflict, Stale
from stores.protocol import Changes, ClaimKey, DomainStore, Source
from tests.stores.contract.stage import HERE, THERE, Stage, commit, floor_of

X, Y = ("name", "x"), ("name", "y")


async def owners(store: DomainStore, *values: ClaimKey) -> dict[ClaimKey, str | None]:
    return (await store.look([HERE], claims=values)).owners


async def take(store: DomainStore, source: Source, owner: str, *values: ClaimKey) -> None:
    await commit(store, source, Changes(next=1, claims=dict.fromkeys(values, owner)))


async def test_a_free_value_is_taken_and_stays_taken(store: DomainStore) -> None:
    await take(store, HERE, "a", X)
    assert await owners(store, X, Y) == {X: "a", Y: None}
    with pytest.raises(Stale):
        await take(store, THERE, "b", X, Y)
    assert await owners(store, X, Y) == {X: "a", Y: None}


async def test_a_released_value_is_free_again(store: DomainStore) -> None:
    await take(store, HERE, "a", X)
    await commit(store, HERE, Changes(next=2, release={X: "a"}))
    await take(store, THERE, "b", X)
    assert await owners(store, X) == {X: "b"}


async def test_a_write_that_saw_a_value_free_does_nothing_when_it_is_taken_since(stage: Stage) -> None:
    """Whatever it decided because the value was free, and though it does not take it."""
    moment = await stage.one.look([HERE], claims=[X])
    await take(stage.other, THERE, "b", X)
    with pytest.raises(Stale):
        await stage.one.write(moment, {HERE: Changes(next=1)})
    assert await floor_of(stage.one, HERE) == 0


async def test_a_write_that_saw_an_owner_does_nothing_when_it_is_another_since(stage: Stage) -> None:
    await take(stage.other, THERE, "b", X)
    moment = await stage.one.look([HERE], claims=[X])
    await commit(stage.other, THERE, Changes(next=2, release={X: "b"}))
    with pytest.raises(Stale):
        await stage.one.write(moment, {HERE: Changes(next=1)})
    await take(stage.other, THERE, "c", X)
    with pytest.raises(Stale):
        await stage.one.write(moment, {HERE: Changes(next=1)})


async def test_what_another_one_owns_is_not_released(store: DomainStore) -> None:
    await take(store, HERE, "a", X)
    await commit(store, HERE, Changes(next=2, release={X: "b", Y: "b"}))
    assert await owners(store, X) == {X: "a"}


@pytest.mark.parametrize("round", range(5))
async def test_of_two_writes_that_want_the_same_values_in_opposite_order_one_has_them_all(
    stage: Stage, round: int
) -> None:
    names = [("name", f"{n}") for n in range(40)]
    results = await asyncio.gather(
        take(stage.one, HERE, "a", *names), take(stage.other, THERE, "b", *reversed(names)), return_exceptions=True
    )
    assert [type(result) for result in results if result is not None] == [Stale], "one, and it did not deadlock"
    winner = "b" if isinstance(results[0], Conflict) else "a"
    assert set((await owners(stage.one, *names)).values()) == {winner}

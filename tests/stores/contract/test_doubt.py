"""Which failures mean "nobody knows, start again", and which mean that the data can never be stored."""

import asyncio
from collections.abc import Callable

import pytest

from stores.errors import BadData, Conflict, Doubt, Unavailable
from stores.protocol import Changes, DomainStore, RowId
from tests.deadline import within
from tests.stores.contract.stage import HERE, THERE, Stage, commit, floor_of, parked, row, write

ENDLESS = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(4000))  # does not compress into an index entry
BAD: dict[str, Changes] = {
    "NUL in a state": Changes(next=1, states=[write("a", 1, body='{"n":"\0"}')]),
    "a state that is no JSON": Changes(next=1, states=[write("a", 1, body='{"n":')]),
    "NUL in an id": Changes(next=1, inbox={("s", "1\0"): None}),
    "NUL in a parked message's reason": Changes(next=1, park=[parked("a\0", "1")]),
    "an id longer than an index takes": Changes(next=1, inbox={("s", ENDLESS): None}),
    "half a character": Changes(next=1, inbox={("s", "\ud800"): None}),
}


@pytest.mark.parametrize("what", BAD)
async def test_data_that_can_never_be_stored_is_bad_data_and_leaves_nothing(store: DomainStore, what: str) -> None:
    with pytest.raises(BadData):
        await commit(store, HERE, BAD[what])
    assert await floor_of(store, HERE) == 0
    await commit(store, HERE, Changes(next=1))


async def test_a_claim_that_can_never_be_stored_is_bad_data(store: DomainStore) -> None:
    with pytest.raises(BadData):
        await store.look([HERE], claims=[("name", "\0")])
    moment = await store.look([HERE])
    with pytest.raises(BadData):
        await store.write(moment, {HERE: Changes(next=1, claims={("name", ENDLESS): "a"})})


async def test_a_server_that_is_not_there_is_doubt(stage: Stage) -> None:
    asks: list[Callable] = [
        lambda store: store.open(HERE, 0),
        lambda store: store.states(["a"]),
        lambda store: store.outbox(HERE),
        lambda store: store.outbox_sources(),
        lambda store: store.forget(HERE, [RowId(0, 0, 0)]),
        lambda store: store.begin_effects(HERE, 0, ["1"]),
        lambda store: store.end_effects(HERE, ["1"], []),
        lambda store: commit(store, HERE, Changes(next=1)),
    ]
    for ask in asks:
        with pytest.raises(Unavailable):
            await ask(stage.away)


async def test_a_connection_that_breaks_before_the_write_is_doubt_or_nothing_at_all(stage: Stage) -> None:
    moment = await stage.one.look([HERE])
    await stage.cut()
    try:
        await stage.one.write(moment, {HERE: Changes(next=1, states=[write("a", 1)], outbox=[row("x")])})
    except Unavailable:
        assert await stage.other.states(["a"]) == {} and await stage.other.outbox(HERE) == []
    await commit(stage.one, HERE, Changes(next=2, outbox=[row("y", n=1)]))
    assert [r.body for r in await stage.other.outbox(HERE)][-1] == b"y", "and it goes on"


async def test_a_connection_that_breaks_during_the_write_is_doubt_and_the_floor_tells_what_became_of_it(
    stage: Stage,
) -> None:
    for target in range(1, 6):
        batch = Changes(next=target, outbox=[row(str(target), offset=target)])
        writing, _ = await asyncio.gather(commit(stage.one, HERE, batch), stage.cut(), return_exceptions=True)
        assert writing is None or isinstance(writing, Doubt)
        done = await floor_of(stage.other, HERE) == target
        rows = [r.body for r in await stage.other.outbox(HERE)]
        assert (str(target).encode() in rows) is done, "the floor and the rows tell the same"
        assert done or writing is not None, "a write that was answered has happened"


async def test_a_write_that_is_cancelled_holds_nobody_up(stage: Stage) -> None:
    moment = await stage.one.look([HERE])
    task = asyncio.create_task(stage.one.write(moment, {HERE: Changes(next=1)}))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await within("the write of another", commit(stage.other, HERE, Changes(next=2)))


async def test_two_writes_that_lock_each_other_out_are_doubt_never_data(stage: Stage) -> None:
    """Two partitions write the same two ids in opposite order: one of them is sent back, and then finds them known."""
    forth = Changes(next=1, inbox={("s", str(n)): None for n in range(300)})
    back = Changes(next=1, inbox={("s", str(n)): None for n in reversed(range(300))})
    results = await asyncio.gather(
        commit(stage.one, HERE, forth), commit(stage.other, THERE, back), return_exceptions=True
    )
    assert results.count(None) == 1
    assert any(isinstance(r, Conflict | Unavailable) for r in results)

"""The floor of a partition: where it begins, who may move it, and that work and floor are never apart."""

import asyncio

import pytest

from stores.errors import Conflict, Stale
from stores.protocol import Changes, DomainStore, Floor, Source
from tests.stores.contract.stage import HERE, THERE, Stage, commit, floor_of, row, write

NEW = Source("counter.decide", "another_topic", 3)


async def test_a_partition_seen_for_the_first_time_begins_at_the_earliest_offset(store: DomainStore) -> None:
    assert await store.open(NEW, 17) == Floor(next=17, incarnation=0, epoch=0)


async def test_opening_again_keeps_the_floor_and_counts_the_epoch(store: DomainStore) -> None:
    await store.open(NEW, 17)
    await commit(store, NEW, Changes(next=20))
    assert await store.open(NEW, 99) == Floor(next=20, incarnation=0, epoch=1)


async def test_a_look_says_where_the_floors_are(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5))
    await store.open(HERE, 0)
    moment = await store.look([HERE, THERE])
    assert moment.floors == {HERE: Floor(5, 0, 1), THERE: Floor(0, 0, 0)}


async def test_a_partition_that_was_never_opened_has_no_floor_and_is_not_written(store: DomainStore) -> None:
    moment = await store.look([NEW])
    assert moment.floors == {}
    with pytest.raises(Conflict):
        await store.write(moment, {NEW: Changes(next=1)})


async def test_the_floor_never_goes_back(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5))
    await commit(store, HERE, Changes(next=3))
    assert await floor_of(store, HERE) == 5


async def test_a_write_that_fails_leaves_nothing_of_its_changes(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, states=[write("a", 1)]))
    stale = Changes(next=2, inbox={("s", "1"): None}, states=[write("b", 1), write("a", 8, old=7)], outbox=[row("x")])
    with pytest.raises(Stale):
        await commit(store, HERE, stale)
    moment = await store.look([HERE], ids=[("s", "1")], keys=["a", "b"])
    assert (moment.floors[HERE].next, moment.known, set(moment.states)) == (1, {}, {"a"})
    assert await store.outbox(HERE) == []


async def test_many_partitions_are_written_at_once(store: DomainStore) -> None:
    moment = await store.look([HERE, THERE])
    there = Changes(next=3, states=[write("b", 1)], outbox=[row("there")])
    await store.write(moment, {HERE: Changes(next=2, states=[write("a", 1)], outbox=[row("here")]), THERE: there})
    assert (await floor_of(store, HERE), await floor_of(store, THERE)) == (2, 3)
    assert set(await store.states(["a", "b"])) == {"a", "b"}
    assert [r.body for r in await store.outbox(THERE)] == [b"there"]


async def test_two_owners_of_a_partition_have_one_write_between_them(stage: Stage) -> None:
    """Both looked; the second one's write finds the floor elsewhere, and does nothing."""
    one, other = await stage.one.look([HERE]), await stage.other.look([HERE])
    await stage.one.write(one, {HERE: Changes(next=7, outbox=[row("one")])})
    with pytest.raises(Stale) as told:
        await stage.other.write(other, {HERE: Changes(next=7, outbox=[row("other")])})
    assert told.value.sources == (HERE,)
    assert [r.body for r in await stage.one.outbox(HERE)] == [b"one"]


async def test_who_looked_before_an_opening_writes_nothing_after_it(stage: Stage) -> None:
    moment = await stage.one.look([HERE])
    await stage.other.open(HERE, 0)
    with pytest.raises(Stale) as told:
        await stage.one.write(moment, {HERE: Changes(next=1)})
    assert told.value.sources == (HERE,)
    assert await floor_of(stage.one, HERE) == 0


async def test_one_source_that_moved_stops_the_write_and_is_named(stage: Stage) -> None:
    moment = await stage.one.look([HERE, THERE])
    await commit(stage.other, THERE, Changes(next=1))
    with pytest.raises(Stale) as told:
        await stage.one.write(moment, {HERE: Changes(next=9), THERE: Changes(next=9)})
    assert told.value.sources == (THERE,)
    assert await floor_of(stage.one, HERE) == 0, "all or nothing"


async def test_of_many_writes_at_once_on_one_moment_one_happens(stage: Stage) -> None:
    moment = await stage.one.look([HERE, THERE])
    results = await asyncio.gather(
        *(
            store.write(moment, {source: Changes(next=n, outbox=[row(f"{n}", n=n)]) for source in (HERE, THERE)})
            for n in range(1, 7)
            for store in (stage.one, stage.other)
        ),
        return_exceptions=True,
    )
    assert results.count(None) == 1 and all(isinstance(r, Conflict) for r in results if r is not None)
    here, there = await stage.one.outbox(HERE), await stage.one.outbox(THERE)
    assert len(here) == len(there) == 1 and here[0].body == there[0].body


async def test_what_raised_last_is_told_for_each_source_and_stays_where_a_write_does_not_say_it(
    store: DomainStore,
) -> None:
    assert await store.raised(HERE) == 0
    await commit(store, HERE, Changes(next=1, raised=5))
    await commit(store, HERE, Changes(next=2))
    assert (await store.raised(HERE), await store.raised(THERE)) == (5, 0)
    await commit(store, HERE, Changes(next=3, raised=0))
    assert await store.raised(HERE) == 0

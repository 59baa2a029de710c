"""The floor of a partition: where it begins, who may move it, and that work and floor are never apart."""

import asyncio

import pytest

from stores.errors import Conflict
from stores.protocol import Changes, DomainStore, Source
from tests.stores.contract.stage import HERE, THERE, Stage, commit, row, write

NEW = Source("counter.decide", "another_topic", 3)


async def test_a_partition_seen_for_the_first_time_begins_at_the_earliest_offset(store: DomainStore) -> None:
    assert await store.open(NEW, 17) == (17, 0, 0)


async def test_opening_again_keeps_the_floor_and_counts_the_epoch(store: DomainStore) -> None:
    await store.open(NEW, 17)
    await commit(store, NEW, Changes(next=20))
    assert await store.open(NEW, 99) == (20, 0, 1)


async def test_a_unit_says_where_the_floor_is_and_in_which_epoch(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5))
    await store.open(HERE, 0)
    async with store.unit(HERE) as unit:
        assert (unit.floor, unit.epoch, unit.incarnation) == (5, 1, 0)


async def test_groups_topics_and_partitions_have_floors_of_their_own(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5))
    async with store.unit(THERE) as unit:
        assert unit.floor == 0


async def test_the_floor_never_goes_back(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5))
    await commit(store, HERE, Changes(next=3))
    async with store.unit(HERE) as unit:
        assert unit.floor == 5


async def test_a_partition_that_was_never_opened_is_doubt(store: DomainStore) -> None:
    with pytest.raises(Conflict):
        async with store.unit(NEW):
            pass


async def test_a_unit_left_without_commit_leaves_nothing(store: DomainStore) -> None:
    async with store.unit(HERE) as unit:
        await unit.claim({("name", "x"): "a"})
    async with store.unit(HERE) as unit:
        assert unit.floor == 0
        assert (await unit.claim({("name", "x"): "b"})).owners == {("name", "x"): "b"}


async def test_a_unit_that_fails_leaves_nothing_of_its_changes(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, states=[write("a", 1)]))
    stale = Changes(next=2, inbox={("s", "1"): None}, states=[write("b", 1), write("a", 8, old=7)], outbox=[row("x")])
    with pytest.raises(Conflict):
        await commit(store, HERE, stale)
    async with store.unit(HERE) as unit:
        snapshot = await unit.read([("s", "1")], ["a", "b"])
        assert (unit.floor, snapshot.known, set(snapshot.states)) == (1, {}, {"a"})
    assert await store.outbox(HERE) == []


async def test_two_owners_of_a_partition_work_one_after_the_other_and_the_second_sees_the_first(stage: Stage) -> None:
    entered = asyncio.Event()

    async def second() -> int:
        async with stage.other.unit(HERE) as unit:
            entered.set()
            return unit.floor

    async with stage.one.unit(HERE) as unit:
        waiting = asyncio.create_task(second())
        async with stage.other.unit(THERE):
            pass  # other partitions are free
        assert not entered.is_set()
        await unit.commit(Changes(next=7))
    assert await waiting == 7

"""Events that a reader could not apply: the store knows the first of them, and other code begins there again."""

from stores.protocol import Changes, DomainStore, Missed
from tests.stores.contract.stage import HERE, THERE, commit, floor_of


async def _epoch(store: DomainStore) -> int:
    return (await store.open(HERE, 0)).epoch


async def test_where_nothing_was_missed_nothing_begins_again(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=9))
    assert await store.again(HERE, await _epoch(store), "old") == (None, False)
    assert await floor_of(store, HERE) == 9


async def test_other_code_begins_again_at_the_first_that_was_missed_and_once(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5, missed=Missed(3, "old")))
    await commit(store, HERE, Changes(next=9, missed=Missed(7, "old")))
    assert await store.again(HERE, await _epoch(store), "new") == (3, False)
    assert await floor_of(store, HERE) == 3
    await commit(store, HERE, Changes(next=9))
    assert await store.again(HERE, await _epoch(store), "newer") == (None, False)
    assert await floor_of(store, HERE) == 9


async def test_the_same_code_does_not_begin_again_and_hears_that_something_is_missed(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5, missed=Missed(3, "old")))
    assert await store.again(HERE, await _epoch(store), "old") == (None, True)
    assert await floor_of(store, HERE) == 5


async def test_what_two_releases_have_missed_begins_at_the_first(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5, missed=Missed(3, "old")))
    await commit(store, HERE, Changes(next=9, missed=Missed(8, "middle")))
    assert await store.again(HERE, await _epoch(store), "middle") == (None, True)
    assert await store.again(HERE, await _epoch(store), "new") == (3, False)


async def test_an_owner_that_has_lost_the_partition_begins_nothing_again(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5, missed=Missed(3, "old")))
    lost = await _epoch(store)
    await _epoch(store)
    assert await store.again(HERE, lost, "new") == (None, False)
    assert await floor_of(store, HERE) == 5
    assert await store.again(HERE, await _epoch(store), "new") == (3, False)


async def test_a_partition_hears_nothing_of_another(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=5, missed=Missed(3, "old")))
    epoch = (await store.open(THERE, 0)).epoch
    assert await store.again(THERE, epoch, "new") == (None, False)

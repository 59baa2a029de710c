"""The outbox: in order, a source's own, gone only when told."""

from stores.protocol import Changes, DomainStore, RowId
from tests.stores.contract.stage import HERE, THERE, Stage, commit, row


async def test_rows_come_back_in_the_order_of_their_ids(store: DomainStore) -> None:
    ids = [RowId(0, 3, 1), RowId(0, 3, 0), RowId(1, 0, 0), RowId(0, 12, 0), RowId(0, 3, 2**40)]
    rows = [row(str(id))._replace(id=id) for id in ids]
    await commit(store, HERE, Changes(next=1, outbox=rows))
    assert [r.id for r in await store.outbox(HERE)] == sorted(ids)


async def test_a_row_comes_back_whole(store: DomainStore) -> None:
    sent = row("x", "reply", offset=7)._replace(target="edge-1", key=None, headers='[["a","AA=="]]', body=None)
    await commit(store, HERE, Changes(next=1, outbox=[sent]))
    assert await store.outbox(HERE) == [sent]


async def test_each_partition_has_its_own_rows_and_the_store_says_which_have_any(stage: Stage) -> None:
    await commit(stage.one, HERE, Changes(next=1, outbox=[row("here")]))
    assert await stage.other.outbox(THERE) == []
    assert await stage.other.outbox_sources() == {HERE}


async def test_rows_of_two_partitions_may_have_one_id(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, outbox=[row("here")]))
    await commit(store, THERE, Changes(next=1, outbox=[row("there")]))
    await store.forget(HERE, [RowId(0, 0, 0)])
    assert [r.body for r in await store.outbox(THERE)] == [b"there"]


async def test_rows_that_are_out_are_deleted_with_the_next_batch_or_by_themselves(store: DomainStore) -> None:
    rows = [row(str(n), n=n) for n in range(1, 4)]
    await commit(store, HERE, Changes(next=1, outbox=rows))
    await commit(store, HERE, Changes(next=2, sent=[rows[0].id]))
    assert [r.body for r in await store.outbox(HERE)] == [b"2", b"3"]
    await store.forget(HERE, [rows[2].id, RowId(0, 1000, 0)])
    assert [r.body for r in await store.outbox(HERE)] == [b"2"]


async def test_outcomes_of_effects_join_the_outbox_of_their_partition(store: DomainStore) -> None:
    await store.end_effects(HERE, ["e1"], [row("1"), row("2", n=1)])
    assert [r.body for r in await store.outbox(HERE)] == [b"1", b"2"]


async def test_an_outcome_that_is_there_already_stays_as_it_is(store: DomainStore) -> None:
    """Of two owners of a partition, who both ended the same effect."""
    await store.end_effects(HERE, ["e1"], [row("first")])
    await store.end_effects(HERE, ["e1"], [row("second")])
    assert [r.body for r in await store.outbox(HERE)] == [b"first"]

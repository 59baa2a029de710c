"""The outbox: in order, a source's own, gone only when told."""

from stores.protocol import Changes, DomainStore
from tests.stores.contract.stage import HERE, THERE, Stage, commit, row


async def test_rows_come_back_in_the_order_of_the_decision(store: DomainStore) -> None:
    names = [f"row {n}" for n in range(20)]
    rows = await commit(store, HERE, Changes(next=1, outbox=[row(name) for name in names]))
    assert [r.body for r in rows] == [name.encode() for name in names]
    assert [r.seq for r in rows] == sorted({r.seq for r in rows})
    assert [(r.seq, r.body) for r in await store.outbox(HERE)] == [(r.seq, r.body) for r in rows]


async def test_a_row_comes_back_whole(store: DomainStore) -> None:
    sent = row("x", "reply")._replace(target="edge-1", key=None, headers='[["a","AA=="]]', body=None)
    await commit(store, HERE, Changes(next=1, outbox=[sent]))
    assert [r._replace(seq=0) for r in await store.outbox(HERE)] == [sent]


async def test_later_batches_come_after_earlier_ones(store: DomainStore) -> None:
    for number in range(3):
        await commit(store, HERE, Changes(next=number + 1, outbox=[row(str(number))]))
    assert [r.body for r in await store.outbox(HERE)] == [b"0", b"1", b"2"]


async def test_each_partition_has_its_own_rows_and_the_store_says_which_have_any(stage: Stage) -> None:
    await commit(stage.one, HERE, Changes(next=1, outbox=[row("here")]))
    assert await stage.other.outbox(THERE) == []
    assert await stage.other.outbox_sources() == {HERE}


async def test_rows_that_are_out_are_deleted_with_the_next_batch_or_by_themselves(store: DomainStore) -> None:
    first = await commit(store, HERE, Changes(next=1, outbox=[row("1"), row("2"), row("3")]))
    await commit(store, HERE, Changes(next=2, sent=[first[0].seq]))
    assert [r.body for r in await store.outbox(HERE)] == [b"2", b"3"]
    await store.forget([first[2].seq, first[2].seq + 1000])
    assert [r.body for r in await store.outbox(HERE)] == [b"2"]


async def test_outcomes_of_effects_join_the_outbox_of_their_partition(store: DomainStore) -> None:
    rows = await store.end_effects(HERE, ["e1"], [row("1"), row("2")])
    assert [r.seq for r in rows] == [r.seq for r in await store.outbox(HERE)]
    assert [r.body for r in rows] == [b"1", b"2"]

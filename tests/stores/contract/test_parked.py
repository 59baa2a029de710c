"""Messages that wait for a redrive."""

from stores.protocol import Changes, DomainStore, Source
from tests.stores.contract.stage import HERE, commit, parked

ELSEWHERE = Source(HERE.group, "another_topic", 0)


async def test_parked_messages_come_back_in_their_order_byte_for_byte(store: DomainStore) -> None:
    waiting = [parked("k", "1", 4), parked("other", "2", 5), parked("k", "3", 6)]
    await commit(store, HERE, Changes(next=7, park=waiting))
    async with store.unit(HERE) as unit:
        rows = await unit.parked_rows(["k"])
    assert [(r.id, r.offset, r.headers, r.body, r.at) for r in rows] == [
        (p.id, p.offset, p.headers, p.body, p.at) for p in (waiting[0], waiting[2])
    ]
    assert rows[0].seq < rows[1].seq


async def test_a_snapshot_says_which_keys_are_parked_in_this_topic(store: DomainStore) -> None:
    await store.open(ELSEWHERE, 0)
    await commit(store, HERE, Changes(next=1, park=[parked("k", "1")]))
    async with store.unit(HERE) as unit:
        assert (await unit.read([], ["k", "free"])).parked == {"k"}
    async with store.unit(ELSEWHERE) as unit:
        assert (await unit.read([], ["k"])).parked == set()
        assert await unit.parked_rows(["k"]) == []


async def test_a_key_is_free_when_its_last_message_is_unparked(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=2, park=[parked("k", "1"), parked("k", "2")]))
    for left in (True, False):
        async with store.unit(HERE) as unit:
            first = (await unit.parked_rows(["k"]))[0]
            await unit.commit(Changes(next=3, unpark=[first.seq]))
        async with store.unit(HERE) as unit:
            assert ("k" in (await unit.read([], ["k"])).parked) is left

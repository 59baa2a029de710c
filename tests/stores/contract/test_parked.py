"""Messages that wait for a redrive."""

import pytest
from msgspec.structs import replace

from stores.errors import Stale
from stores.protocol import LOOK_BYTES, PARKED_AT_ONCE, Changes, DomainStore, Source
from tests.stores.contract.stage import HERE, THERE, commit, parked, row

ELSEWHERE = Source(HERE.group, "another_topic", 0)


async def test_parked_messages_come_back_in_their_order_byte_for_byte(store: DomainStore) -> None:
    waiting = [parked("k", "1", 4), parked("other", "2", 5), parked("k", "3", 6)]
    await commit(store, HERE, Changes(next=7, park=waiting))
    rows = (await store.look([HERE], parked=["k"])).waiting
    assert [(r.id, r.offset, r.headers, r.body, r.at) for r in rows] == [
        (p.id, p.offset, p.headers, p.body, p.at) for p in (waiting[0], waiting[2])
    ]
    assert rows[0].seq < rows[1].seq


async def test_a_look_says_which_keys_are_parked_in_this_topic(store: DomainStore) -> None:
    await store.open(ELSEWHERE, 0)
    await commit(store, HERE, Changes(next=1, park=[parked("k", "1")]))
    assert (await store.look([HERE], keys=["k", "free"])).parked == {"k"}
    elsewhere = await store.look([ELSEWHERE], keys=["k"], parked=["k"])
    assert (elsewhere.parked, elsewhere.waiting) == (set(), [])


async def test_a_key_is_free_when_its_last_message_is_unparked(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=2, park=[parked("k", "1"), parked("k", "2")]))
    for left in (True, False):
        first = (await store.look([HERE], parked=["k"])).waiting[0]
        await commit(store, HERE, Changes(next=3, unpark=[first.seq]))
        assert ("k" in (await store.look([HERE], keys=["k"])).parked) is left


async def test_a_message_that_somebody_unparked_meanwhile_is_not_unparked_again(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, park=[parked("k", "1")]))
    (waiting,) = (await store.look([HERE], parked=["k"])).waiting
    await commit(store, THERE, Changes(next=1, unpark=[waiting.seq]))
    with pytest.raises(Stale):
        await commit(store, HERE, Changes(next=2, unpark=[waiting.seq], outbox=[row("twice")]))
    assert await store.outbox(HERE) == []


async def test_a_look_reads_the_oldest_parked_messages_key_by_key_and_says_where_there_are_more(
    store: DomainStore,
) -> None:
    rows = [parked(key, f"{key}{n}") for n in range(PARKED_AT_ONCE // 2 + 1) for key in ("a", "b")]
    await commit(store, HERE, Changes(next=1, park=[*rows, parked("c", "c0")]))
    found = await store.look([HERE], parked=["b", "a", "c"], named=["a7", "c0", "nobody"])
    half = PARKED_AT_ONCE // 2
    assert [row.id for row in found.waiting] == [
        *(f"b{n}" for n in range(half + 1)),
        *(f"a{n}" for n in range(half - 1)),
    ]
    assert found.more == {"a", "c"}
    assert {(name.key, name.id) for name in found.named} == {("a", "a7"), ("c", "c0")}
    assert (await store.look([HERE], parked=["a"])).more == set()


async def test_a_look_brings_parked_messages_of_as_many_bytes_as_a_process_should_hold(store: DomainStore) -> None:
    large = [replace(parked("k", str(n)), body=b"x" * (LOOK_BYTES // 2)) for n in range(3)]
    await commit(store, HERE, Changes(next=1, park=large))
    found = await store.look([HERE], parked=["k"])
    assert ([row.id for row in found.waiting], found.more) == (["0"], {"k"}), "headers count, too"
    await commit(store, HERE, Changes(next=2, park=[replace(parked("huge", "4"), body=b"x" * (LOOK_BYTES + 1))]))
    alone = await store.look([HERE], parked=["huge"])
    assert ([row.id for row in alone.waiting], alone.more) == (["4"], set()), "the first one always comes"

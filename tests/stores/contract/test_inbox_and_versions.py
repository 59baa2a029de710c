"""What a store refuses to take twice: an id, and a version."""

from datetime import timedelta

import pytest

from stores.errors import Stale
from stores.protocol import LOOK_BYTES, Changes, DomainStore, Fact, FactWrite, Stored
from tests.stores.contract.stage import HERE, THERE, commit, write


async def test_the_inbox_tells_what_is_known_with_its_outcome(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=2, inbox={("s", "1"): '{"ok":1}', ("s", "2"): None}))
    asked = [("s", "1"), ("s", "2"), ("s", "3"), ("other", "1")]
    moment = await store.look([THERE], ids=asked)  # one inbox a domain
    assert moment.known == {("s", "1"): '{"ok":1}', ("s", "2"): None}


async def test_an_id_that_somebody_entered_meanwhile_is_a_conflict(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, inbox={("s", "1"): None}))
    with pytest.raises(Stale):
        await commit(store, THERE, Changes(next=1, inbox={("s", "1"): None}))


async def test_states_come_back_as_they_were_written_with_their_version(store: DomainStore) -> None:
    body = '{"name":"ğüşiöç \\" \\\\ 🍅","total":1}'
    await commit(store, HERE, Changes(next=1, states=[write("a", 3, body=body), write("b", 1)]))
    moment = await store.look([HERE], keys=["a", "b", "c"])
    assert moment.states == {"a": Stored(3, body), "b": Stored(1, "{}")}
    assert await store.states(["a", "c"]) == {"a": Stored(3, body)}


async def test_a_version_moves_on_from_the_one_that_was_read(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, states=[write("a", 1)]))
    await commit(store, HERE, Changes(next=2, states=[write("a", 4, old=1, body='{"n":4}')]))
    assert await store.states(["a"]) == {"a": Stored(4, '{"n":4}')}


@pytest.mark.parametrize("stale", [write("a", 2, old=0), write("a", 3, old=2), write("gone", 2, old=1)])
async def test_a_write_on_another_version_is_a_conflict_never_a_silent_nothing(store: DomainStore, stale) -> None:
    await commit(store, HERE, Changes(next=1, states=[write("a", 1)]))
    with pytest.raises(Stale):
        await commit(store, HERE, Changes(next=2, states=[stale]))
    assert await store.states(["a"]) == {"a": Stored(1, "{}")}


async def test_facts_keep_the_highest_version_also_when_they_are_gone(store: DomainStore) -> None:
    await commit(store, HERE, Changes(next=1, facts=[FactWrite("prices", "a", 2, '{"cents":2}')]))
    await commit(store, HERE, Changes(next=2, facts=[FactWrite("prices", "a", 1, '{"cents":1}')]))
    asked = [("prices", "a"), ("prices", "b")]
    assert (await store.look([HERE], facts=asked)).facts == {("prices", "a"): Fact(2, '{"cents":2}')}
    await commit(store, HERE, Changes(next=3, facts=[FactWrite("prices", "a", 3, None)]))
    assert (await store.look([HERE], facts=asked)).facts == {("prices", "a"): Fact(3, None)}


async def test_the_sweep_forgets_what_is_old_in_small_bites(store: DomainStore) -> None:
    ids = [("s", str(n)) for n in range(5)]
    await commit(store, HERE, Changes(next=1, inbox=dict.fromkeys(ids)))
    assert not await store.sweep(timedelta(hours=1), 10)
    assert len((await store.look([HERE], ids=ids)).known) == 5
    assert await store.sweep(-timedelta(hours=1), 3), "there may be more"
    assert len((await store.look([HERE], ids=ids)).known) == 2
    assert not await store.sweep(-timedelta(hours=1), 3)
    assert not (await store.look([HERE], ids=ids)).known


async def test_a_look_brings_as_much_as_a_process_should_hold_and_says_what_it_left(store: DomainStore) -> None:
    """The first one always comes, and what comes is the beginning of what was asked for."""
    half = '{"n":"' + "x" * (LOOK_BYTES // 2) + '"}'
    keys = ["d", "b", "a", "c"]
    for offset, key in enumerate(keys, 1):
        await commit(store, HERE, Changes(next=offset, states=[write(key, 1, body=half)]))
    moment = await store.look([HERE], keys=[*keys, "none"])
    assert (list(moment.states), moment.left) == (["d", "b"], {"a", "c"})
    huge = '{"n":"' + "x" * (LOOK_BYTES * 2) + '"}'
    await commit(store, HERE, Changes(next=5, states=[write("huge", 1, body=huge)]))
    moment = await store.look([HERE], keys=["huge", "a"])
    assert (list(moment.states), moment.left) == (["huge"], {"a"})

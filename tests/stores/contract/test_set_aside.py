"""Events that are set aside: in the write that moves the floor, in the order of their keys, by due time."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.errors import Conflict, Stale
from stores.protocol import AsideRow, Changes, DomainStore, Waiting
from tests.stores.contract.stage import HERE, THERE, Stage, floor_of, row

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = SINCE + timedelta(minutes=1)


def aside(id: str, offset: int, key: str = "k", *, due: datetime | None = SINCE, tries: int = 1) -> AsideRow:
    return AsideRow(
        id=id, key=key, incarnation=0, offset=offset, source="test", at=SINCE, raw_key=b"\xff", reason="452",
        headers=(("ce_id", id.encode()), ("alien", b"\xff\x00")), body=b"\x00\xff", since=SINCE, tries=tries, due=due,
    )  # fmt: skip


async def put(store: DomainStore, *rows: AsideRow, floor: int = 1) -> None:
    await store.write(await store.look([HERE]), {HERE: Changes(next=floor, set_aside=list(rows))})


async def ids(store: DomainStore, limit: int = 100) -> list[str]:
    return [each.id for each in await store.next_aside(HERE, limit)]


async def test_it_comes_back_as_it_came_and_the_floor_has_moved(store: DomainStore) -> None:
    rows = [aside("1", 0), aside("2", 1, "other", due=LATER)]
    await put(store, *rows, floor=2)
    assert await store.next_aside(HERE, 10) == rows
    assert await floor_of(store, HERE) == 2


async def test_a_body_and_a_key_may_be_missing(store: DomainStore) -> None:
    bare = AsideRow(
        id="1", key="k", incarnation=0, offset=0, source="test", at=SINCE, raw_key=None, headers=(), body=None,
        since=SINCE, tries=1, due=SINCE,
    )  # fmt: skip
    await put(store, bare)
    assert await store.next_aside(HERE, 1) == [bare]


async def test_they_come_in_the_order_of_their_due_times_and_a_few_at_a_time(store: DomainStore) -> None:
    await put(store, *(aside(str(n), n, f"k{n}", due=SINCE - timedelta(seconds=n)) for n in range(5)))
    assert await ids(store, 2) == ["4", "3"]


async def test_a_write_that_fails_sets_nothing_aside(stage: Stage) -> None:
    moment = await stage.one.look([HERE])
    await put(stage.other, floor=1)
    with pytest.raises(Stale):
        await stage.one.write(moment, {HERE: Changes(next=1, set_aside=[aside("1", 0)])})
    assert await ids(stage.one) == []


async def test_who_looked_before_an_opening_sets_nothing_aside_and_takes_nothing_back(stage: Stage) -> None:
    await put(stage.one, aside("1", 0))
    moment = await stage.one.look([HERE])
    await stage.other.open(HERE, 0)
    for changes in (Changes(next=1, take_back=["1"]), Changes(next=1, set_aside=[aside("2", 1, "other")])):
        with pytest.raises(Conflict):
            await stage.one.write(moment, {HERE: changes})
    assert await ids(stage.other) == ["1"]


async def test_its_effect_counts_as_not_begun_so_the_next_try_is_no_repetition(store: DomainStore) -> None:
    await store.begin_effects(HERE, 0, ["1", "2", "3"])
    await store.end_effects(HERE, ["3"], [])
    await put(store, aside("1", 0), aside("3", 2, "other"))
    assert await store.begin_effects(HERE, 0, ["1", "2", "3"]) == {"1": False, "2": True}, "3 has ended, and stays so"


async def test_the_first_of_each_key_is_known_to_a_look(store: DomainStore) -> None:
    await put(store, aside("2", 5, due=None), aside("1", 4), aside("3", 6, "other"))
    assert (await store.look([HERE], aside=["k", "other", "free"])).aside == {"k": "1", "other": "3"}
    assert (await store.look([THERE], aside=["k"])).aside == {}, "another partition"
    assert (await store.look([HERE])).aside == {}


async def test_what_waits_behind_another_is_due_when_that_is_taken_back(store: DomainStore) -> None:
    await put(store, aside("1", 0), aside("2", 1, due=None, tries=0), aside("3", 2, due=None, tries=0))
    for first in ("1", "2", "3"):
        assert await ids(store) == [first]
        moment = await store.look([HERE])
        await store.write(moment, {HERE: Changes(next=0, take_back=[first])})
    assert await ids(store) == [] and await floor_of(store, HERE) == 1


async def test_a_key_that_waits_anew_moves_no_other(store: DomainStore) -> None:
    await put(store, aside("1", 0), aside("2", 1, due=None), aside("3", 2, "other", due=LATER))
    await put(store, aside("1", 0, due=LATER + timedelta(hours=1), tries=2))
    assert await ids(store) == ["3", "1"]


async def test_more_tries_change_when_it_is_due_and_a_repeat_of_its_event_changes_nothing(store: DomainStore) -> None:
    await put(store, aside("1", 0))
    await put(store, aside("1", 0, due=LATER, tries=2))
    await put(store, aside("1", 7, due=None, tries=0))
    (found,) = await store.next_aside(HERE, 10)
    assert (found.due, found.tries, found.offset) == (LATER, 2, 0)


async def test_a_write_behind_an_event_that_is_taken_back_since_does_nothing(stage: Stage) -> None:
    """Else it would wait for ever: nobody would make it due."""
    await put(stage.one, aside("1", 0))
    moment = await stage.one.look([HERE], aside=["k"])
    await stage.other.write(await stage.other.look([HERE]), {HERE: Changes(next=0, take_back=["1"])})
    with pytest.raises(Stale):
        await stage.one.write(moment, {HERE: Changes(next=2, set_aside=[aside("2", 1, due=None)])})
    assert await floor_of(stage.one, HERE) == 1


async def test_what_is_taken_back_already_is_a_conflict(store: DomainStore) -> None:
    await put(store, aside("1", 0))
    moment = await store.look([HERE])
    await store.write(moment, {HERE: Changes(next=1, take_back=["1"])})
    with pytest.raises(Stale):
        await store.write(moment, {HERE: Changes(next=1, take_back=["1"], outbox=[row("1")])})
    assert await store.outbox(HERE) == []


async def test_how_many_wait_and_since_when_is_told_by_partition(store: DomainStore) -> None:
    assert await store.waiting([HERE, THERE]) == {}
    await put(store, aside("1", 0), aside("2", 1, due=None))
    assert await store.waiting([HERE, THERE]) == {HERE: Waiting(2, SINCE)}

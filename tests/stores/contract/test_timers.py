"""Commands that wait for their time."""

from datetime import UTC, datetime, timedelta

import pytest

from stores.errors import Stale
from stores.protocol import Changes, DomainStore, DueTimer, Source, Timer, TimerRow, TimerWrite
from tests.stores.contract.stage import HERE, THERE, commit, row

PAST = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
FAR = datetime.now(UTC) + timedelta(days=300)


def timer(id: str, due: datetime = PAST) -> TimerRow:
    return TimerRow(id, due, '[["a","Yg=="]]', b"\x00\xff body")


def put(id: str, *, key: str = "k", name: str = "n", was: str | None = None, due: datetime = PAST) -> TimerWrite:
    return TimerWrite(key, name, was, timer(id, due))


def away(was: str, *, key: str = "k", name: str = "n") -> TimerWrite:
    return TimerWrite(key, name, was, None)


async def write(store: DomainStore, *timers: TimerWrite, source: Source = HERE) -> None:
    await commit(store, source, Changes(next=1, timers=timers))


async def epochs(store: DomainStore) -> dict[Source, int]:
    floors = (await store.look([HERE, THERE])).floors
    return {source: floor.epoch for source, floor in floors.items()}


async def due(store: DomainStore, limit: int = 100) -> list[DueTimer]:
    return list((await store.due_timers(await epochs(store), limit)).timers)


async def test_a_timer_comes_back_as_it_was_set(store: DomainStore) -> None:
    await write(store, put("1"))
    (found,) = await due(store)
    assert (found.key, found.name, found.topic, found.row) == ("k", "n", HERE.topic, timer("1"))
    assert found.late > 0
    assert (await store.look([HERE], keys=["k", "another"])).timers == {("k", "n"): Timer("1", PAST)}


async def test_a_look_brings_the_timers_of_its_keys_only(store: DomainStore) -> None:
    await write(store, put("1"), put("2", name="m"), put("3", key="another"))
    assert (await store.look([HERE], keys=["k"])).timers.keys() == {("k", "n"), ("k", "m")}
    assert (await store.look([HERE])).timers == {}


async def test_none_is_due_before_its_time_and_the_wait_says_until_when(store: DomainStore) -> None:
    await write(store, put("1", due=FAR), put("2", name="m", due=FAR + timedelta(days=1)))
    found = await store.due_timers(await epochs(store), 100)
    assert not found.timers
    assert abs(found.now - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.wait == pytest.approx((FAR - found.now).total_seconds(), abs=0.001)


async def test_nothing_waits_for_nobody(store: DomainStore) -> None:
    assert (await store.due_timers(await epochs(store), 100)).wait is None
    assert (await store.due_timers({}, 100)).wait is None


async def test_the_first_ones_of_each_partition_come_first_and_the_rest_waits_no_more(store: DomainStore) -> None:
    later = [put(f"{n}", name=f"n{n}", due=PAST + timedelta(seconds=9 - n)) for n in range(3)]
    await write(store, *later)
    await write(store, put("x", key="x"), source=THERE)
    found = await store.due_timers(await epochs(store), 2)
    assert [each.row.id for each in found.timers if each.key == "k"] == ["2", "1"]
    assert [each.row.id for each in found.timers if each.key == "x"] == ["x"]
    assert found.wait == 0


async def test_what_is_sent_is_not_due_and_stays_set(store: DomainStore) -> None:
    await write(store, put("1"))
    await store.timers_sent(await due(store))
    assert await due(store) == []
    assert (await store.due_timers(await epochs(store), 100)).wait is None
    assert (await store.look([HERE], keys=["k"])).timers == {("k", "n"): Timer("1", PAST)}


async def test_a_timer_that_is_moved_after_it_was_sent_is_due_again(store: DomainStore) -> None:
    await write(store, put("1"))
    await store.timers_sent(await due(store))
    await write(store, put("2", was="1"))
    assert [each.row.id for each in await due(store)] == ["2"]


async def test_one_that_is_moved_while_it_is_sent_is_not_taken_for_sent(store: DomainStore) -> None:
    await write(store, put("1"))
    sending = await due(store)
    await write(store, put("2", was="1"))
    await store.timers_sent(sending)
    assert [each.row.id for each in await due(store)] == ["2"]


async def test_a_timer_that_is_taken_away_is_gone(store: DomainStore) -> None:
    await write(store, put("1"), put("2", name="m"))
    await write(store, away("1"))
    assert [each.row.id for each in await due(store)] == ["2"]
    assert (await store.look([HERE], keys=["k"])).timers.keys() == {("k", "m")}


@pytest.mark.parametrize(
    "late", [put("9"), put("9", was="0"), away("0"), put("9", name="m", was="1"), away("1", name="m")]
)
async def test_a_write_on_another_timer_changes_nothing(store: DomainStore, late: TimerWrite) -> None:
    await write(store, put("1"))
    with pytest.raises(Stale):
        await commit(store, HERE, Changes(next=2, timers=[late], outbox=[row("no")]))
    assert await store.outbox(HERE) == []
    assert (await store.look([HERE], keys=["k"])).timers == {("k", "n"): Timer("1", PAST)}


async def test_who_opened_a_partition_later_sends_its_timers_and_who_had_it_before_does_not(store: DomainStore) -> None:
    before = await epochs(store)
    await write(store, put("1"))
    await write(store, put("2", key="there"), source=THERE)
    await store.open(HERE, 0)
    assert [each.row.id for each in (await store.due_timers(before, 100)).timers] == ["2"]
    assert {each.row.id for each in await due(store)} == {"1", "2"}


async def test_a_timer_goes_with_the_partition_that_has_moved_it(store: DomainStore) -> None:
    await write(store, put("1"))
    await write(store, put("2", was="1"), source=THERE)
    there = {THERE: (await epochs(store))[THERE]}
    assert [each.row.id for each in (await store.due_timers(there, 100)).timers] == ["2"]

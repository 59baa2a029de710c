"""An index a day, in generations, on a real Elasticsearch."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from stores.elastic.daily import Daily, Generations, NotBegun
from stores.elastic.documents import Documents
from stores.errors import Conflict
from tests.stores.elastic.conftest import DAYS, FORM
from topics.deciding.projection import Document

EVERYTHING: Any = {"size": 100, "query": {"match_all": {}}}
TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def no_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day does not end between two looks."""
    monkeypatch.setattr(Daily, "kept_since", lambda daily: TODAY - timedelta(days=daily._days))


def today(back: int = 0) -> date:
    return TODAY - timedelta(days=back)


def entry(id: str, back: int = 0, **body: object) -> Document:
    return Document(id, today(back), msgspec.json.encode({"amount": 1, **body}))


async def found(daily: Daily, first: int = DAYS) -> set[str]:
    await daily.refresh()
    answer = await daily.search(today(first), today(), EVERYTHING, 60.0)
    return {hit["_id"] for hit in (answer or {}).get("hits", {}).get("hits", ())}


async def test_each_day_has_an_index_and_a_search_is_of_its_days(daily: Daily, documents: Documents, name: str):
    await daily.put([entry("a"), entry("b", 1), entry("c", 2)])
    assert [*await documents.indices(f"{name}-*")] == sorted(f"{name}-1-{today(n):%Y.%m.%d}" for n in range(3))
    assert await found(daily) == {"a", "b", "c"}
    assert await found(daily, first=1) == {"a", "b"}


async def test_what_is_older_than_is_kept_is_neither_written_nor_searched(daily: Daily):
    assert await daily.put([entry("old", DAYS + 1), entry("last", DAYS)]) == {}
    assert await found(daily, first=DAYS + 20) == {"last"}
    assert await daily.search(today(50), today(40), EVERYTHING, 60.0) == {}


async def test_indices_of_days_that_are_not_kept_are_removed_and_no_others(
    documents: Documents, daily: Daily, name: str
):
    await daily.put([entry("old", 5), entry("new", 1)])
    shorter = Daily(documents, name, FORM, 3)
    assert await shorter.remove_old() == [f"{name}-1-{today(5):%Y.%m.%d}"]
    assert await shorter.remove_old() == []
    assert await found(daily) == {"new"}


async def test_an_index_that_somebody_deletes_is_missed_until_there_is_another_generation(
    documents: Documents, daily: Daily, name: str
):
    await daily.put([entry("a"), entry("b", 1), entry("c", 2)])
    assert await daily.lost() == [] == await daily.lost()
    await documents.remove([f"{name}-1-{today(2):%Y.%m.%d}", f"{name}-1-{today():%Y.%m.%d}"])
    assert await daily.lost() == [today(2), today()]
    await daily.put([entry("d")])
    assert await daily.lost() == [today(2), today()], "made again it lacks what it had"
    assert await Daily(documents, name, FORM, 1).lost() == [today()], "what is not kept is not missed"
    making = await daily.begin_next()
    await daily.put_next(making, [entry("a"), entry("b", 1), entry("c", 2)])
    await daily.switch(making)
    assert await daily.lost() == []
    await daily.remove_old()
    assert await daily.lost() == []


async def test_whoever_begins_first_begins_for_all(documents: Documents, name: str):
    one, other = Daily(documents, name, FORM, DAYS), Daily(documents, name, FORM, DAYS)
    with pytest.raises(NotBegun):
        await one.put([entry("a")])
    assert await one.search(today(), today(), EVERYTHING, 60.0) is None
    await one.begin()
    await one.put([entry("a")])
    await other.begin()
    assert await found(other) == {"a"}


async def test_while_the_next_generation_is_made_both_are_written_and_the_live_one_is_read(daily: Daily):
    await daily.put([entry("before")])
    making = await daily.begin_next()
    assert (making.live, making.next) == (1, 2)
    await daily.put([entry("meanwhile")])
    assert await found(daily) == {"before", "meanwhile"}
    await daily.put_next(making, [entry("before", word="anew")])
    await daily.switch(making)
    now = await daily.generations()
    assert now is not None and (now.live, now.next) == (2, 0)
    assert await found(daily) == {"before", "meanwhile"}
    removed = await daily.remove_old()
    assert removed and all("-1-" in each for each in removed)
    assert await found(daily) == {"before", "meanwhile"}


async def test_one_that_was_begun_and_never_became_live_is_given_up(daily: Daily, documents: Documents, name: str):
    left = await daily.begin_next()
    await daily.put_next(left, [entry("wrong")])
    again = await daily.begin_next()
    assert (again.live, again.next) == (1, 3)
    with pytest.raises(Conflict):
        await daily.switch(left)
    assert await daily.remove_old() == [f"{name}-2-{today():%Y.%m.%d}"]
    await daily.switch(again)
    assert await found(daily) == set()


async def test_where_all_was_lost_nothing_is_live_until_it_is_made(documents: Documents, name: str):
    anew = Daily(documents, name, FORM, DAYS)
    making = await anew.begin_next()
    assert (making.live, making.next) == (0, 1)
    assert await anew.search(today(), today(), EVERYTHING, 60.0) is None
    await anew.put([entry("a")])
    await anew.switch(making)
    assert await found(anew) == {"a"}


async def test_what_is_refused_is_named_once_for_all_generations(daily: Daily):
    await daily.begin_next()
    refused = await daily.put([entry("a"), entry("b", amount="many")])
    assert list(refused) == ["b"]
    assert await found(daily) == {"a"}


async def test_of_two_who_begin_at_once_one_is_told_so(documents: Documents, name: str):
    class Late(Daily):
        async def generations(self) -> Generations | None:
            """As it was before the other one began."""
            return None

    await Daily(documents, name, FORM, DAYS).begin()
    with pytest.raises(Conflict, match="somebody else"):
        await Late(documents, name, FORM, DAYS).begin_next()

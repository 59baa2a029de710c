"""Figures that Elasticsearch adds up are those that one loop over the same facts adds up."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from agents.analytics import analyst
from agents.analytics.analyst import AWAY, BEGINS, Analyst
from agents.analytics.known import Meal, OrderFact
from agents.analytics.reports import MOST_AN_HOUR, Reports
from stores.elastic.connection import Connection
from stores.elastic.daily import Daily
from stores.elastic.documents import Documents
from stores.errors import Unavailable
from stores.protocol import Fact, FactKey, Moment, Source
from tests.deadline import within
from topics.contracts.analytics_commands import ComputeReport
from topics.copies import RESTAURANTS, RestaurantCopy
from topics.deciding.projection import Document
from topics.documents.analytics import MOST_MEALS, HourFigures, MealFigures, ReasonFigures, Report
from topics.messages import headers

OWNER, MINE, OTHERS = "owner-1", "r-1", "r-2"
ZONE = ZoneInfo("Europe/Istanbul")
NOW = datetime.now(UTC)
NONE_YET = Reports()
COPY = RestaurantCopy(name="Lokanta", is_open=True, delivery_fee=0, min_order_price=0, owner_id=OWNER)


ANSWER = analyst.ANSWER


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures may come as late as a busy machine makes them."""
    monkeypatch.setattr(analyst, "ANSWER", 60.0)


class Copies:
    """The domain's store, of which the analyst reads the copies of restaurants."""

    async def look(self, sources: Sequence[Source], *, facts: Sequence[FactKey]) -> Moment:
        known = {(RESTAURANTS.name, MINE): Fact(1, RESTAURANTS.form.encode(COPY))}
        return Moment(facts={key: known[key] for key in facts if key in known})


async def ask(
    searches: Any, first: date | None, last: date | None, *, caller: str = OWNER, reports: Reports = NONE_YET,
    lost: Sequence[date] = (),
) -> Any:  # fmt: skip
    command = ComputeReport(restaurant_id=MINE, first=first, last=last)
    asked: Mapping[str, str] = {headers.CALLER: caller}
    return await Analyst(searches, Copies(), lambda: lost).prepare(command, MINE, reports, asked, NOW, "command-1")  # type: ignore[arg-type]


def some_facts(seed: int, days: int) -> list[OrderFact]:
    """Of two restaurants, in the last days."""
    random, found = Random(seed), list[OrderFact]()
    for n in range(300):
        at = (NOW - timedelta(seconds=random.randrange(days * 86400))).replace(microsecond=0)
        about: dict[str, Any] = {"at": at, "restaurant_id": random.choice([MINE, MINE, OTHERS]), "order_id": f"o-{n}"}
        kind = random.choice(["placed", "placed", "accepted", "sold", "cancelled", "rejected", "expired"])
        match kind:
            case "placed":
                found.append(OrderFact(event="placed", total=random.randrange(10**6), **about))
            case "accepted":
                found.append(OrderFact(event="accepted", seconds=random.randrange(300), **about))
            case "sold":
                meals = tuple(
                    Meal(
                        meal_id=f"m-{m}", name=f"Meal {m}", quantity=random.randint(1, 9), total=random.randrange(10**5)
                    )
                    for m in random.sample(range(30), random.randint(1, 4))
                )
                total = random.randrange(10**6)
                found.append(OrderFact(event="sold", total=total, meals=meals, **about))
                for _ in range(random.choice([0, 0, 1, 2])):
                    found.append(OrderFact(event="refunded", total=random.randint(0, total // 2), **about))
            case _:
                by = random.choice(["customer", "kitchen", "system"])
                reason = random.choice(["other", "too_busy", "unanswered"])
                found.append(OrderFact(event=kind, by=by, reason=reason, **about))  # type: ignore[arg-type]
    return found


def _hour_of(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)


def expected(facts: Sequence[OrderFact], first: date, last: date) -> dict[str, Any]:
    """By one loop."""
    of = [f for f in facts if f.restaurant_id == MINE and first <= f.at.astimezone(ZONE).date() <= last]
    placed, sold, back = ([f for f in of if f.event == kind] for kind in ("placed", "sold", "refunded"))
    hours = {_hour_of(f.at) for f in (*placed, *sold)}
    quantities, revenues = Counter[str](), Counter[str]()
    for fact in sold:
        for meal in fact.meals:
            quantities[meal.meal_id] += meal.quantity
            revenues[meal.meal_id] += meal.total
    return {
        "orders": len(placed),
        "sold": len(sold),
        "revenue": sum(f.total or 0 for f in sold) - sum(f.total or 0 for f in back),
        "refunded": sum(f.total or 0 for f in back),
        "hours": tuple(
            HourFigures(
                hour=hour,
                orders=sum(_hour_of(f.at) == hour for f in placed),
                sold=sum(_hour_of(f.at) == hour for f in sold),
                revenue=sum(f.total or 0 for f in sold if _hour_of(f.at) == hour)
                - sum(f.total or 0 for f in back if _hour_of(f.at) == hour),
                refunded=sum(f.total or 0 for f in back if _hour_of(f.at) == hour),
            )
            for hour in sorted(hours)
        ),
        "accepted": sum(f.event == "accepted" for f in of),
        "rejected": sum(f.event == "rejected" and f.by != "system" for f in of),
        "expired": sum(f.reason == "unanswered" for f in of),
        "quantities": sorted(quantities.values(), reverse=True)[:MOST_MEALS],
        "meals": {
            m: MealFigures(meal_id=m, name=f"Meal {m[2:]}", quantity=quantity, revenue=revenues[m])
            for m, quantity in quantities.items()
        },
        "reasons": {
            ReasonFigures(ended=ended, by=by, reason=reason, orders=count)  # type: ignore[arg-type]
            for (ended, by, reason), count in Counter((f.event, f.by, f.reason) for f in of if f.by).items()
        },
    }  # fmt: skip


async def written(order_facts: Daily, facts: Sequence[OrderFact]) -> None:
    documents = [Document(f"event-{n}", fact.at.date(), msgspec.json.encode(fact)) for n, fact in enumerate(facts)]
    assert await order_facts.put(documents) == {}
    assert await order_facts.put(documents[:50]) == {}, "they come again"
    await order_facts.refresh()


@pytest.mark.parametrize("seed", range(3))
async def test_figures_are_those_of_one_loop_over_the_facts(order_facts: Daily, seed: int):
    facts, today = some_facts(seed, days=6), NOW.astimezone(ZONE).date()
    await written(order_facts, facts)
    for first, last in ((today, today), (today - timedelta(days=3), today - timedelta(days=1)), (None, None)):
        report = await ask(order_facts, first, last)
        assert isinstance(report, Report) and report.complete and report.note is None
        wanted = expected(facts, report.first, report.last)
        for name in ("orders", "sold", "revenue", "refunded"):
            assert getattr(report, name) == wanted[name], name
        assert report.hours == wanted["hours"]
        assert [meal.quantity for meal in report.meals] == wanted["quantities"]
        assert all(wanted["meals"][meal.meal_id] == meal for meal in report.meals)
        assert set(report.reasons) == wanted["reasons"]
        assert report.acceptance.accepted == wanted["accepted"]
        assert (report.acceptance.rejected, report.acceptance.expired) == (wanted["rejected"], wanted["expired"])


async def test_of_so_many_percent_the_acceptance_took_so_long_or_shorter(order_facts: Daily):
    facts = [
        OrderFact(event="accepted", at=NOW, restaurant_id=MINE, order_id=f"o-{n}", seconds=float(n)) for n in range(101)
    ]
    await written(order_facts, facts)
    seconds = (await ask(order_facts, None, None)).acceptance.seconds
    assert (seconds.p50, seconds.p90, seconds.p95, seconds.p99) == (50, 90, 95, 99)


async def test_what_a_setting_accepts_takes_no_time(order_facts: Daily):
    await written(order_facts, [OrderFact(event="accepted", at=NOW, restaurant_id=MINE, order_id="o-1", by="auto")])
    acceptance = (await ask(order_facts, None, None)).acceptance
    assert (acceptance.accepted, acceptance.seconds) == (1, None)


async def test_days_without_orders_are_a_report_of_nothing(order_facts: Daily):
    report = await ask(order_facts, None, None)
    assert (report.orders, report.revenue, report.hours, report.acceptance.seconds) == (0, 0, (), None)


async def test_days_that_are_not_kept_any_more_are_named(order_facts: Daily):
    report = await ask(order_facts, date(2021, 1, 1), date(2021, 1, 5))
    assert not report.complete and str(order_facts.kept_since()) in report.note


async def test_days_of_which_the_facts_were_deleted_are_named(order_facts: Daily):
    gone = NOW.date() - timedelta(days=1)
    report = await ask(order_facts, None, None, lost=[gone])
    assert not report.complete and str(gone) in report.note
    assert (await ask(order_facts, None, None, lost=[gone - timedelta(days=20)])).complete


async def test_a_part_of_the_answer_is_told_as_one(order_facts: Daily):
    class InPart(Daily):
        async def search(self, *asked: Any) -> Any:
            return {**(await super().search(*asked) or {}), "timed_out": True}

    in_part = InPart(order_facts._documents, order_facts._name, {}, 90)
    report = await ask(in_part, None, None)
    assert not report.complete and "in time" in report.note


class Unasked:
    async def search(self, *asked: Any) -> Any:
        raise AssertionError("nobody is to be asked")


async def test_strangers_and_those_who_had_too_many_cost_nothing():
    assert await ask(Unasked(), None, None, caller="owner-2") is None
    assert await ask(Unasked(), None, None, reports=Reports(since=NOW, given=MOST_AN_HOUR)) == ""
    assert await ask(Unasked(), date(2026, 2, 2), date(2026, 2, 1)) == ""


@pytest.mark.parametrize("known", [None, Fact(3, None)])
async def test_a_restaurant_that_is_not_known_is_nobodys(known: Fact | None):
    """It was never opened, or its copy was removed. The decider says that there is none."""

    class Nothing:
        async def look(self, sources: Sequence[Source], *, facts: Sequence[FactKey]) -> Moment:
            return Moment(facts={} if known is None else dict.fromkeys(facts, known))

    asking = Analyst(Unasked(), Nothing(), lambda: ())  # type: ignore[arg-type]
    command = ComputeReport(restaurant_id=MINE)
    assert await asking.prepare(command, MINE, NONE_YET, {headers.CALLER: OWNER}, NOW, "command-1") is None


async def test_who_says_no_name_owns_no_restaurant_not_even_one_whose_owner_is_not_known():
    class Ownerless:
        async def look(self, sources: Sequence[Source], *, facts: Sequence[FactKey]) -> Moment:
            return Moment(facts=dict.fromkeys(facts, Fact(1, RESTAURANTS.form.encode(replace(COPY, owner_id="")))))

    for copies in (Copies(), Ownerless()):
        asking = Analyst(Unasked(), copies, lambda: ())  # type: ignore[arg-type]
        for said in ({}, {headers.CALLER: ""}):
            assert (
                await asking.prepare(ComputeReport(restaurant_id=MINE), MINE, NONE_YET, said, NOW, "command-1") is None
            )


async def test_where_the_server_is_away_it_is_said_in_time():
    nobody = Daily(Documents(Connection("http://127.0.0.1:9")), "orders", {}, 90)
    assert await ask(nobody, None, None) == AWAY
    await nobody.close()
    assert ANSWER < 2, "the edge waits so long"


async def test_while_figures_are_made_for_the_first_time_it_is_said():
    class Nothing:
        async def search(self, *asked: Any) -> None: ...

    assert await ask(Nothing(), None, None) == BEGINS


async def test_an_outage_of_the_own_store_is_doubt(order_facts: Daily):
    class Away:
        async def look(self, sources: Any, **asked: Any) -> Moment:
            raise Unavailable("PostgreSQL", "is away")

    asking = Analyst(order_facts, Away(), lambda: ())  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await asking.prepare(
            ComputeReport(restaurant_id=MINE), MINE, Reports(), {headers.CALLER: OWNER}, NOW, "command-1"
        )


async def test_a_server_that_says_nothing_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch):
    class Silent:
        async def search(self, *asked: Any) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(analyst, "ANSWER", ANSWER)
    assert await within("an answer", ask(Silent(), None, None)) == AWAY

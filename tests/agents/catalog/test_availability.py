"""A meal is sold out until a time, for today, or until its owner says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.catalog.availability import BACK, FURTHEST
from agents.catalog.decider import DECIDER
from agents.catalog.facts import Facts, Ownership
from agents.catalog.projection import MEAL
from tests.agents import scenario
from tests.agents.scenario import LATER, NOW, shown
from topics.contracts.catalog_commands import BackOnSale, ChangeMeal, RemoveMeal, SetAvailability
from topics.contracts.catalog_events import AvailabilityChanged, MealAdded, MealChanged, MealDetails
from topics.deciding.decision import Timer

OWNER, MAHMUT = "owner-1", "mahmut"  # NOW is a Sunday, 21:30 in Istanbul
OURS = Facts(restaurants={MAHMUT: Ownership(owner_id=OWNER, opening_hours={"sun": "18:00-02:00"})})
ADDED = MealAdded(restaurant_id=MAHMUT, details=MealDetails(name="Adana", price=24_550), added_at=NOW)
BACK_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OUT = AvailabilityChanged(restaurant_id=MAHMUT, is_available=False, until=BACK_AT)
BACK_AGAIN = AvailabilityChanged(restaurant_id=MAHMUT, is_available=True)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def sold_out(until: str | None) -> SetAvailability:
    return SetAvailability(is_available=False, until=until)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("2026-03-02T12:00", BACK_AT),
        ("2026-03-02T12:00:00+03:00", BACK_AT),
        ("2026-03-02T09:00Z", BACK_AT),
        ("2026-03-03", datetime(2026, 3, 2, 21, 0, tzinfo=UTC)),
        ("today", datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_meal_is_sold_out_until_a_time(said: str, means: datetime) -> None:
    outcome = given(ADDED).when(sold_out(said), facts=OURS, caller=OWNER)
    outcome.then(AvailabilityChanged(restaurant_id=MAHMUT, is_available=False, until=means))
    outcome.setting(Timer(BACK, means, BackOnSale())).answering(isAvailable=False)
    assert shown(MEAL, ADDED, *outcome.decision.events).sold_out_until == means


@pytest.mark.parametrize(
    "said", ["2026-03-01T21:30", "2026-03-01", "2020-01-01", "2027-03-02", "9999-12-31T23:59", "0001-01-01"]
)
def test_a_time_that_is_over_or_far_away_is_refused(said: str) -> None:
    given(ADDED).when(sold_out(said), facts=OURS, caller=OWNER).then_rejected("invalid_input", field="until")


def test_the_furthest_time_is_taken() -> None:
    said = (NOW + FURTHEST).isoformat()
    assert given(ADDED).when(sold_out(said), facts=OURS, caller=OWNER).decision.timers[0].at == NOW + FURTHEST


def test_a_meal_on_sale_has_no_end_of_that() -> None:
    command = SetAvailability(is_available=True, until="today")
    given(ADDED).when(command, facts=OURS, caller=OWNER).then_rejected("invalid_input", field="until")


def test_a_meal_is_sold_out_for_some_hours() -> None:
    outcome = given(ADDED).when(SetAvailability(is_available=False, minutes=240), facts=OURS, caller=OWNER)
    back_at = NOW + timedelta(hours=4)
    outcome.then(AvailabilityChanged(restaurant_id=MAHMUT, is_available=False, until=back_at))
    outcome.setting(Timer(BACK, back_at, BackOnSale()))


@pytest.mark.parametrize(
    "command",
    [SetAvailability(is_available=True, minutes=240), SetAvailability(is_available=False, minutes=240, until="today")],
    ids=["on sale", "and a time"],
)
def test_hours_of_a_meal_on_sale_or_beside_a_time_are_refused(command: SetAvailability) -> None:
    given(ADDED).when(command, facts=OURS, caller=OWNER).then_rejected("invalid_input", field="minutes")


def test_the_timer_puts_it_back_on_sale() -> None:
    given(ADDED, OUT).when(BackOnSale(), caller=None, now=BACK_AT).then(BACK_AGAIN)
    assert shown(MEAL, ADDED, OUT, BACK_AGAIN).sold_out_until is None


@pytest.mark.parametrize("events", [(), (ADDED,), (ADDED, OUT, BACK_AGAIN)], ids=["gone", "never out", "back already"])
def test_a_timer_that_is_not_needed_does_nothing(events: tuple[Any, ...]) -> None:
    given(*events).when(BackOnSale(), caller=None, now=BACK_AT).then_nothing()


def test_until_its_owner_says_otherwise_takes_the_timer_away() -> None:
    outcome = given(ADDED, OUT).when(sold_out(None), facts=OURS, caller=OWNER)
    outcome.then(AvailabilityChanged(restaurant_id=MAHMUT, is_available=False))
    assert outcome.decision.cancels == (BACK,)


@pytest.mark.parametrize(
    "command", [SetAvailability(is_available=True), ChangeMeal(is_available=True), RemoveMeal()], ids=repr
)
def test_what_ends_being_sold_out_takes_the_timer_away(command: Any) -> None:
    outcome = given(ADDED, OUT).when(command, facts=OURS, caller=OWNER)
    assert outcome.decision.events and outcome.decision.cancels == (BACK,)


def test_a_change_of_something_else_leaves_the_timer() -> None:
    outcome = given(ADDED, OUT).when(ChangeMeal(price=1, is_available=False), facts=OURS, caller=OWNER)
    changed = outcome.decision.events[0]
    assert isinstance(changed, MealChanged) and changed.details.sold_out_until == BACK_AT
    assert outcome.decision.cancels == ()


def test_the_same_again_changes_nothing() -> None:
    given(ADDED, OUT).when(sold_out("2026-03-02T12:00"), facts=OURS, caller=OWNER, now=LATER).then_nothing()


def test_another_time_moves_the_timer() -> None:
    outcome = given(ADDED, OUT).when(sold_out("2026-03-02T13:00"), facts=OURS, caller=OWNER)
    assert outcome.decision.timers == (Timer(BACK, BACK_AT + timedelta(hours=1), BackOnSale()),)

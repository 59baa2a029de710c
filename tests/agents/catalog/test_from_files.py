"""A row of a menu file adds or changes a meal, and whatever becomes of it is told."""

from typing import Any

import msgspec
import pytest

from agents.catalog.decider import DECIDER
from agents.catalog.facts import Facts, Ownership
from agents.catalog.limits import MEALS
from agents.catalog.policy import react
from agents.catalog.projection import MEAL
from tests.agents import scenario
from tests.agents.scenario import ID, LATER, NOW, shown
from topics.contracts import menu_commands
from topics.contracts.catalog_commands import PutMeal, RowRef, SaidMeal
from topics.contracts.catalog_events import (
    AvailabilityChanged,
    MealAdded,
    MealChanged,
    MealDetails,
    MealRemoved,
    RowSettled,
)
from topics.contracts.menu_commands import NoteRow
from topics.copies import MEALS as COPIES
from topics.deciding.choosing import MealOption
from topics.deciding.decision import Send
from topics.messages.event import EventMeta

OWNER, MAHMUT = "owner-1", "mahmut"
OURS = Facts(restaurants={MAHMUT: Ownership(owner_id=OWNER), "tokyo": Ownership(owner_id=OWNER)})
ROW = RowRef(page="mahmut:page:0", number=1, line=2)
SAID = SaidMeal(name="Adana", price=24_550, allergens=("milk",))
PUT = PutMeal(restaurant_id=MAHMUT, owner_id=OWNER, known=False, said=SAID, row=ROW)
DETAILS = MealDetails(name="Adana", price=24_550, allergens=("milk",))
SEAT = next(iter(MEALS.of(OWNER, ID)))
ADDED = MealAdded(restaurant_id=MAHMUT, details=DETAILS, added_at=NOW, seat=SEAT[1])
REMOVED = MealRemoved(restaurant_id=MAHMUT)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def settled(outcome: Any, field: str = "", why: str = "") -> RowSettled:
    return RowSettled(row=ROW, outcome=outcome, field=field, why=why)


def put(**said: Any) -> PutMeal:
    return msgspec.structs.replace(PUT, said=msgspec.structs.replace(SAID, **said))


def refused(outcome: scenario.Outcome) -> RowSettled:
    (event,) = outcome.decision.events
    assert event.outcome == "refused" and event.why and outcome.decision.takes == ()
    return event


def test_a_row_adds_a_meal_which_takes_a_seat() -> None:
    outcome = given().when(PUT, facts=OURS, caller=None).then(ADDED, settled("added"))
    assert outcome.decision.takes == (SEAT,)


def test_the_same_row_again_changes_nothing_and_is_told_so() -> None:
    outcome = given(ADDED, settled("added")).when(PUT, facts=OURS, caller=None, now=LATER).then(settled("unchanged"))
    assert outcome.decision.takes == ()


def test_a_row_changes_what_it_says_and_leaves_the_rest() -> None:
    details = msgspec.structs.replace(DETAILS, description="Acılı", photo_id="p-1")
    outcome = given(msgspec.structs.replace(ADDED, details=details)).when(put(price=1), facts=OURS, caller=None)
    changed = msgspec.structs.replace(details, price=1)
    outcome.then(MealChanged(restaurant_id=MAHMUT, details=changed), settled("changed"))
    assert outcome.decision.takes == ()


def test_a_row_puts_a_meal_on_sale_again_and_takes_its_timer_away() -> None:
    out = AvailabilityChanged(restaurant_id=MAHMUT, is_available=False, until=LATER)
    kept = given(ADDED, out).when(put(price=1), facts=OURS, caller=None)
    assert kept.decision.events[0].details.sold_out_until == LATER and kept.decision.cancels == ()
    back = given(ADDED, out).when(put(is_available=True), facts=OURS, caller=None)
    assert back.decision.events[0].details.sold_out_until is None and back.decision.cancels == ("back",)


def test_a_removed_meal_comes_back_with_its_file() -> None:
    given(ADDED, REMOVED).when(PUT, facts=OURS, caller=None).then(ADDED, settled("added"))
    known = msgspec.structs.replace(PUT, known=True)
    assert refused(given(ADDED, REMOVED).when(known, facts=OURS, caller=None)).field == "id"
    assert shown(MEAL, ADDED, REMOVED, ADDED, settled("added")).name == "Adana"


def test_a_row_that_names_a_meal_by_its_id_finds_it_on_this_menu_only() -> None:
    known = msgspec.structs.replace(PUT, known=True)
    assert refused(given().when(known, facts=OURS, caller=None)).field == "id"
    given(ADDED).when(known, facts=OURS, caller=None).then(settled("unchanged"))
    elsewhere = msgspec.structs.replace(PUT, restaurant_id="tokyo")
    assert refused(given(ADDED).when(elsewhere, facts=OURS, caller=None)).field == "id"


@pytest.mark.parametrize("owner", ["another", "owner-1 "])
def test_a_row_of_somebody_else_is_refused(owner: str) -> None:
    theirs = msgspec.structs.replace(PUT, owner_id=owner)
    assert refused(given(ADDED).when(theirs, facts=OURS, caller=None))
    assert refused(given().when(theirs, facts=OURS, caller=None))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"diets": ("vegan",)}, "diets[0]"),
        ({"options": (MealOption(name="a", max=2),)}, "options[0].max"),
        ({"description": "ş" * 2000, "image_url": "https://a.example.com/" + "x" * 1900}, ""),
    ],
    ids=["diet", "option", "too large"],
)
def test_a_meal_that_cannot_be_so_is_refused_with_its_field(said: dict[str, Any], field: str) -> None:
    assert refused(given().when(put(**said), facts=OURS, caller=None)).field == field
    assert refused(given(ADDED).when(put(**said), facts=OURS, caller=None)).field == field


def test_an_owner_has_so_many_meals_and_no_more() -> None:
    full = dict.fromkeys(MEALS.of(OWNER, ID), "another meal")
    assert "9,000" in refused(given().when(PUT, facts=OURS, caller=None, claims=full)).why
    assert given(ADDED).when(put(price=1), facts=OURS, caller=None, claims=full).decision.events[0].details.price == 1


def test_what_became_of_a_row_is_told_to_its_page_and_to_nobody_else() -> None:
    event, meta = settled("refused", "price", "no"), EventMeta("e", ID, 1, NOW)
    note = NoteRow(number=1, line=2, outcome="refused", field="price", why="no")
    assert list(react(event, meta, given(ADDED).state)) == [Send(menu_commands.TOPIC, ROW.page, note)]
    assert list(react(ADDED, meta, given(ADDED).state)) == []
    for projection in (MEAL, COPIES):
        before = projection.show(None, ADDED, meta).document
        assert projection.show(before, event, meta).document == before
        assert projection.show(None, event, meta).document is None

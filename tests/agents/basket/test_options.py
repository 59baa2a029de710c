"""Lines with options: checked against the menu, priced, and carried to the order."""

from typing import Any

import pytest
from msgspec.structs import replace

from agents.basket.contents import Contents
from agents.basket.facts import Facts
from agents.basket.limits import MAX_LINES, OPTION_BYTES
from tests.agents import scenario
from tests.agents.basket.test_decider import AYRAN, KEBAP, MAHMUT, MENU, given, line, meal
from tests.agents.scenario import LATER
from topics.contracts.basket_commands import (
    AddItem,
    ChangeItem,
    Checkout,
    CheckoutItem,
    OrderedBefore,
    Reorder,
)
from topics.contracts.basket_events import CheckedOut, OrderedItem
from topics.deciding.choosing import MOST_CHOICES, ChosenOption, MealOption, WishedOption

SPICE = MealOption(name="Acı", choices=("az", "çok"), min=1)
SIDES = MealOption(name="Yanında", choices=("cacık", "biber"), price=1_500, prices={"cacık": 4_250}, max=2)
LITTLE, MUCH = WishedOption(name="Acı", choice="az"), WishedOption(name="Acı", choice="çok")
CACIK = WishedOption(name="Yanında", choice="cacık")
CHOSEN = (ChosenOption(name="Acı", choice="az", price=0), ChosenOption(name="Yanında", choice="cacık", price=4_250))


def menu(*options: MealOption, price: int = 24_550) -> Facts:
    return Facts(meals={KEBAP: replace(meal("Adana", price), options=options), AYRAN: MENU.meals[AYRAN]})


WITH_OPTIONS = menu(SPICE, SIDES)
FULL = line(KEBAP, 2, price=28_800, options=CHOSEN)


def test_a_line_has_its_options_and_costs_what_they_cost() -> None:
    add = AddItem(meal_id=KEBAP, quantity=2, options=(CACIK, LITTLE))
    outcome = given().when(add, facts=WITH_OPTIONS)
    (kept,) = outcome.state.lines.values()
    assert (kept.price, kept.options) == (28_800, CHOSEN)
    outcome.answering(
        price=28_800,
        options=[{"name": "Acı", "choice": "az", "price": 0}, {"name": "Yanında", "choice": "cacık", "price": 4_250}],
    )


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ((WishedOption(name="Sos", choice="az"), LITTLE), "options[0].name"),
        ((WishedOption(name="Acı", choice="orta"),), "options[0].choice"),
        ((LITTLE, MUCH), "options"),
        ((), "options"),
        ((LITTLE, CACIK, CACIK), "options[2]"),
    ],
)
def test_what_the_meal_does_not_have_is_refused(options: Any, field: str) -> None:
    add = AddItem(meal_id=KEBAP, quantity=1, options=options)
    given().when(add, facts=WITH_OPTIONS).then_rejected("invalid_input", field=field)
    change = ChangeItem(meal_id=KEBAP, options=options)
    given(FULL).when(change, facts=WITH_OPTIONS).then_rejected("invalid_input", field=field)


def test_a_meal_without_options_takes_none() -> None:
    add = AddItem(meal_id=AYRAN, quantity=1, options=(LITTLE,))
    given().when(add, facts=WITH_OPTIONS).then_rejected("invalid_input", field="options[0].name")


def test_the_same_meal_again_replaces_the_options() -> None:
    add = AddItem(meal_id=KEBAP, quantity=1, options=(MUCH,))
    (kept,) = given(FULL).when(add, facts=WITH_OPTIONS).state.lines.values()
    assert [each.choice for each in kept.options] == ["çok"] and kept.price == 24_550


def test_a_change_leaves_the_options_or_sets_others() -> None:
    kept = given(FULL).when(ChangeItem(meal_id=KEBAP, quantity=5), facts=WITH_OPTIONS).state.lines[KEBAP]
    assert (kept.quantity, kept.options, kept.price) == (5, CHOSEN, 28_800)
    kept = given(FULL).when(ChangeItem(meal_id=KEBAP, options=(MUCH,)), facts=WITH_OPTIONS).state.lines[KEBAP]
    assert (kept.quantity, [each.choice for each in kept.options]) == (2, ["çok"])


def test_a_change_of_a_line_whose_options_are_gone_says_that_it_cannot_be_had() -> None:
    change = ChangeItem(meal_id=KEBAP, quantity=5)
    kept = given(FULL).when(change, facts=menu(SPICE)).answering(is_available=False).state.lines[KEBAP]
    assert (kept.quantity, kept.options) == (5, CHOSEN)


# -- the order


def checked_out(outcome: scenario.Outcome) -> CheckedOut:
    (event,) = outcome.handed_on().decision.events
    assert isinstance(event, CheckedOut)
    return event


def test_the_order_has_the_options_of_the_line() -> None:
    event = checked_out(given(FULL).when(Checkout(payment_method="cash"), facts=WITH_OPTIONS))
    wanted = OrderedItem(meal_id=KEBAP, quantity=2, price_was=28_800, options=(LITTLE, CACIK))
    assert (event.items, event.cleared) == ((wanted,), (FULL,))


def test_items_that_say_no_options_have_those_of_the_line() -> None:
    items = (CheckoutItem(meal_id=KEBAP, quantity=1),)
    event = checked_out(given(FULL).when(Checkout(payment_method="cash", items=items), facts=WITH_OPTIONS))
    assert event.items[0].options == (LITTLE, CACIK)
    again = Checkout(payment_method="cash", items=items)
    after = scenario.Given(given(FULL).decider, scenario.evolved(given().decider, given(FULL).state, (event,)))
    after.when(again, facts=WITH_OPTIONS).handed_on()
    assert type(after.when(again, facts=WITH_OPTIONS).decision.events[0]).__name__ == "CheckoutRepeated"


def test_items_with_other_options_are_another_order_and_have_no_old_price() -> None:
    items = (CheckoutItem(meal_id=KEBAP, quantity=1, options=(MUCH,)),)
    event = checked_out(given(FULL).when(Checkout(payment_method="cash", items=items), facts=WITH_OPTIONS))
    assert event.items == (OrderedItem(meal_id=KEBAP, quantity=1, options=(MUCH,)),)


def test_options_said_in_a_checkout_are_its_own_fault_and_those_of_a_line_the_menus() -> None:
    items = (CheckoutItem(meal_id=AYRAN, quantity=1), CheckoutItem(meal_id=KEBAP, quantity=1, options=(LITTLE, CACIK)))
    said = given(FULL).when(Checkout(payment_method="cash", items=items), facts=menu(SPICE))
    said.then_rejected("invalid_input", field="items[1].options[1].name")
    kept = given(FULL).when(Checkout(payment_method="cash"), facts=menu(SPICE))
    kept.then_rejected("option_unavailable")
    more = kept.decision.rejection.more
    assert [(each["meal_id"], each["name"]) for each in more["items"]] == [(KEBAP, "Adana")]


# -- again


def test_a_meal_comes_in_again_with_its_options_or_is_told() -> None:
    before = OrderedBefore(meal_id=KEBAP, quantity=1, name="Adana", options=(LITTLE, CACIK))
    there = given().when(Reorder(items=(before,)), facts=WITH_OPTIONS)
    assert there.state.lines[KEBAP].options == CHOSEN
    both = Reorder(items=(before, OrderedBefore(meal_id=AYRAN, quantity=1, name="Ayran")))
    gone = given().when(both, facts=menu(SPICE)).answering(unavailable=[{"meal_id": KEBAP, "name": "Adana"}])
    assert list(gone.state.lines) == [AYRAN]


# -- limits


def test_the_options_of_a_basket_have_a_bound_together() -> None:
    most = [ChosenOption(name="ş" * 120, choice=f"{n:0>120}", price=0) for n in range(MOST_CHOICES)]
    size = len(str(most[0])) * MOST_CHOICES
    lines = [line(f"meal-{n}", restaurant_id=MAHMUT, options=tuple(most)) for n in range(OPTION_BYTES // size + 1)]
    assert len(lines) < MAX_LINES
    offer = MealOption(name="ş" * 120, choices=tuple(each.choice for each in most), max=MOST_CHOICES)
    wishes = tuple(WishedOption(name=each.name, choice=each.choice) for each in most)
    add = AddItem(meal_id=KEBAP, quantity=1, options=wishes)
    given(*lines).when(add, facts=menu(offer)).then_rejected("options_too_large")
    given().when(add, facts=menu(offer), now=LATER).answering(quantity=1)


def test_a_basket_of_before_has_no_options() -> None:
    assert Contents(lines={KEBAP: line(KEBAP)}).lines[KEBAP].options == ()

from typing import Any

import pytest

from agents.basket.decider import DECIDER, MAX_LINES
from agents.basket.facts import Facts, MealFacts
from tests.agents import scenario
from tests.agents.scenario import COMMAND_ID, ID, LATER, NOW
from topics.basket_commands import AddItem, ChangeItem, Checkout, CheckoutItem, Clear, RemoveItem, RestoreItems
from topics.basket_events import CheckedOut, Cleared, Line, LineRemoved, LineSet, LinesRestored, OrderedItem
from topics.ids import derive

KEBAP, AYRAN, SUSHI = "kebap", "ayran", "sushi"
MAHMUT, TOKYO = "mahmut", "tokyo"


def meal(name: str, price: float = 100, restaurant: str = MAHMUT, *, is_available: bool = True) -> MealFacts:
    return MealFacts(restaurant_id=restaurant, name=name, price=price, image_url="", is_available=is_available)


MENU = Facts(meals={KEBAP: meal("Adana", 245.5), AYRAN: meal("Ayran", 30), SUSHI: meal("Nigiri", 90, TOKYO)})
NEW_LINE = derive(COMMAND_ID, "line")


def line(meal_id: str = KEBAP, quantity: int = 1, **said: Any) -> Line:
    known = MENU.meals.get(meal_id, meal(meal_id))
    fields: dict[str, Any] = {
        "id": f"line-{meal_id}",
        "restaurant_id": known.restaurant_id,
        "created_at": NOW,
        "name": known.name,
        "price": known.price,
    }
    return Line(meal_id=meal_id, quantity=quantity, **{**fields, **said})


def given(*lines: Line) -> scenario.Given:
    return scenario.given(DECIDER, *(LineSet(line=one) for one in lines))


# -- add


def test_a_meal_comes_in_with_the_catalogs_price() -> None:
    given().when(AddItem(meal_id=KEBAP, quantity=2, note="az acılı"), facts=MENU).then(
        LineSet(line=line(KEBAP, 2, id=NEW_LINE, note="az acılı"))
    ).answering(id=NEW_LINE, user_id=ID, meal_id=KEBAP, quantity=2, price=245.5, name="Adana", note="az acılı")


def test_the_same_meal_again_replaces_quantity_and_note_and_keeps_its_place() -> None:
    given(line(KEBAP, 2, note="az acılı")).when(AddItem(meal_id=KEBAP, quantity=5), facts=MENU, now=LATER).then(
        LineSet(line=line(KEBAP, 5))
    )


def test_setting_a_line_to_what_it_is_changes_nothing_and_answers() -> None:
    given(line(KEBAP, 2)).when(AddItem(meal_id=KEBAP, quantity=2), facts=MENU).then_nothing().answering(quantity=2)


def test_a_second_meal_of_the_same_restaurant_joins() -> None:
    outcome = given(line(KEBAP)).when(AddItem(meal_id=AYRAN, quantity=1), facts=MENU)
    outcome.then(LineSet(line=line(AYRAN, id=NEW_LINE)))
    assert list(outcome.state.lines) == [KEBAP, AYRAN]


def test_items_of_another_restaurant_are_refused() -> None:
    outcome = given(line(KEBAP)).when(AddItem(meal_id=SUSHI, quantity=1), facts=MENU)
    outcome.then_rejected("different_restaurant")
    assert "different restaurant" in outcome.decision.rejection.detail  # clients look for these words


def test_an_emptied_basket_takes_another_restaurant() -> None:
    scenario.given(DECIDER, LineSet(line=line(KEBAP)), LineRemoved(meal_id=KEBAP)).when(
        AddItem(meal_id=SUSHI, quantity=1), facts=MENU
    ).then(LineSet(line=line(SUSHI, id=NEW_LINE)))


def test_a_meal_that_the_catalog_does_not_know_is_refused() -> None:
    given().when(AddItem(meal_id="dragon", quantity=1), facts=MENU).then_rejected("meal_unavailable", field="meal_id")


def test_a_meal_that_is_sold_out_is_refused() -> None:
    sold_out = Facts(meals={KEBAP: meal("Adana", is_available=False)})
    given().when(AddItem(meal_id=KEBAP, quantity=1), facts=sold_out).then_rejected("meal_unavailable")


def test_what_a_client_believes_of_the_restaurant_does_not_count() -> None:
    given().when(AddItem(meal_id=KEBAP, quantity=1, restaurant_id=TOKYO), facts=MENU).then(
        LineSet(line=line(KEBAP, id=NEW_LINE))
    )


def test_a_basket_has_an_end() -> None:
    full = [line(f"meal-{n}", restaurant_id=MAHMUT) for n in range(MAX_LINES)]
    given(*full).when(AddItem(meal_id=KEBAP, quantity=1), facts=MENU).then_rejected("basket_full")


def test_a_full_basket_still_changes_its_lines() -> None:
    full = [line(f"meal-{n}", restaurant_id=MAHMUT) for n in range(MAX_LINES - 1)]
    given(*full, line(KEBAP)).when(AddItem(meal_id=KEBAP, quantity=9), facts=MENU).then(LineSet(line=line(KEBAP, 9)))


# -- change


def test_a_change_keeps_what_it_does_not_name() -> None:
    given(line(KEBAP, 2, note="az acılı", schedule_date="2026-03-02")).when(
        ChangeItem(meal_id=KEBAP, quantity=3), facts=MENU
    ).then(LineSet(line=line(KEBAP, 3, note="az acılı", schedule_date="2026-03-02"))).answering(quantity=3)


@pytest.mark.parametrize(("field", "value"), [("note", "bol acılı"), ("note", ""), ("schedule_date", "2026-04-01")])
def test_each_field_can_be_changed_alone(field: str, value: str) -> None:
    said: dict[str, Any] = {field: value}
    given(line(KEBAP, 2)).when(ChangeItem(meal_id=KEBAP, **said), facts=MENU).then(LineSet(line=line(KEBAP, 2, **said)))


def test_a_change_shows_the_price_of_now() -> None:
    dearer = Facts(meals={KEBAP: meal("Adana", 300)})
    given(line(KEBAP, 1)).when(ChangeItem(meal_id=KEBAP, quantity=2), facts=dearer).then(
        LineSet(line=line(KEBAP, 2, price=300.0))
    )


def test_a_change_tells_that_a_meal_is_gone() -> None:
    given(line(KEBAP, 1)).when(ChangeItem(meal_id=KEBAP, quantity=2)).then(
        LineSet(line=line(KEBAP, 2, is_available=False))
    )


def test_what_is_not_in_the_basket_cannot_be_changed() -> None:
    given(line(KEBAP)).when(ChangeItem(meal_id=AYRAN, quantity=2), facts=MENU).then_rejected("not_in_basket")


# -- remove, clear


def test_a_line_goes() -> None:
    outcome = given(line(KEBAP), line(AYRAN)).when(RemoveItem(meal_id=KEBAP)).then(LineRemoved(meal_id=KEBAP))
    assert list(outcome.state.lines) == [AYRAN]


def test_removing_what_is_not_there_is_fine() -> None:
    given(line(KEBAP)).when(RemoveItem(meal_id=AYRAN)).then_nothing().answering(
        message="The meal is out of the basket."
    )


def test_a_basket_is_cleared() -> None:
    outcome = given(line(KEBAP), line(AYRAN)).when(Clear()).then(Cleared())
    assert not outcome.state.lines


def test_clearing_an_empty_basket_is_fine() -> None:
    given().when(Clear()).then_nothing()


# -- checkout

ORDER = derive(COMMAND_ID, "order")


def test_a_checkout_takes_the_basket_and_leaves_it_empty() -> None:
    lines = (line(KEBAP, 2, note="az acılı"), line(AYRAN, 1))
    outcome = given(*lines).when(Checkout(payment_method="cash", note="Zil bozuk", address_id="a-1"), facts=MENU)
    outcome.handed_on().then(
        CheckedOut(
            order_id=ORDER,
            restaurant_id=MAHMUT,
            items=(
                OrderedItem(meal_id=KEBAP, quantity=2, note="az acılı"),
                OrderedItem(meal_id=AYRAN, quantity=1),
            ),
            cleared=lines,
            payment_method="cash",
            address_id="a-1",
            note="Zil bozuk",
        )
    )
    assert not outcome.state.lines


def test_items_that_a_client_sends_are_what_is_ordered() -> None:
    asked = Checkout(payment_method="pos", items=(CheckoutItem(meal_id=AYRAN, quantity=3),), restaurant_id=TOKYO)
    given(line(KEBAP)).when(asked, facts=MENU).handed_on().then(
        CheckedOut(
            order_id=ORDER,
            restaurant_id=MAHMUT,
            items=(OrderedItem(meal_id=AYRAN, quantity=3),),
            cleared=(line(KEBAP),),
            payment_method="pos",
        )
    )


def test_an_empty_list_of_items_means_the_basket() -> None:
    given(line(KEBAP)).when(Checkout(payment_method="cash", items=()), facts=MENU).handed_on()


def test_there_is_nothing_to_check_out_in_an_empty_basket() -> None:
    given().when(Checkout(payment_method="cash"), facts=MENU).then_rejected("basket_empty")


def test_a_checked_out_basket_cannot_be_checked_out_again() -> None:
    first = given(line(KEBAP)).when(Checkout(payment_method="cash"), facts=MENU)
    scenario.Given(DECIDER, first.state).when(
        Checkout(payment_method="cash"), facts=MENU, command_id="b"
    ).then_rejected("basket_empty")


def test_a_meal_that_went_off_sale_stops_the_checkout_and_is_named() -> None:
    sold_out = Facts(meals={KEBAP: meal("Adana"), AYRAN: meal("Ayran", is_available=False)})
    outcome = given(line(KEBAP), line(AYRAN)).when(Checkout(payment_method="cash"), facts=sold_out)
    outcome.then_rejected("meal_unavailable", field="items")
    assert "Ayran" in outcome.decision.rejection.detail
    assert len(outcome.state.lines) == 2


def test_a_meal_that_is_gone_stops_the_checkout() -> None:
    given(line(KEBAP)).when(Checkout(payment_method="cash")).then_rejected("meal_unavailable")


def test_sent_items_of_different_restaurants_are_refused() -> None:
    mixed = (CheckoutItem(meal_id=KEBAP, quantity=1), CheckoutItem(meal_id=SUSHI, quantity=1))
    given().when(Checkout(payment_method="cash", items=mixed), facts=MENU).then_rejected("different_restaurant")


def test_an_unknown_coupon_is_said_before_anything_happens() -> None:
    given(line(KEBAP)).when(Checkout(payment_method="cash", coupon_code="NOPE"), facts=MENU).then_rejected(
        "coupon_unknown", field="coupon_code"
    )


@pytest.mark.parametrize("code", [None, "", "  "])
def test_no_coupon_is_no_coupon(code: str | None) -> None:
    given(line(KEBAP)).when(Checkout(payment_method="cash", coupon_code=code), facts=MENU).handed_on()


def test_a_retry_makes_the_same_order_id() -> None:
    ids = {
        given(line(KEBAP)).when(Checkout(payment_method="cash"), facts=MENU, now=now).decision.events[0].order_id
        for now in (NOW, LATER)
    }
    assert len(ids) == 1


# -- restore


def test_what_the_order_refused_comes_back() -> None:
    lines = (line(KEBAP, 2), line(AYRAN))
    given().when(RestoreItems(order_id="o-1", lines=lines), caller=None).then(
        LinesRestored(order_id="o-1", lines=lines)
    )


def test_what_the_user_has_set_since_then_stays() -> None:
    outcome = given(line(KEBAP, 7)).when(RestoreItems(order_id="o-1", lines=(line(KEBAP, 2), line(AYRAN))))
    outcome.then(LinesRestored(order_id="o-1", lines=(line(AYRAN),)))
    assert outcome.state.lines[KEBAP].quantity == 7


def test_nothing_comes_back_into_a_basket_of_another_restaurant() -> None:
    given(line(SUSHI)).when(RestoreItems(order_id="o-1", lines=(line(KEBAP),))).then_nothing()


def test_restoring_twice_changes_nothing() -> None:
    given(line(KEBAP)).when(RestoreItems(order_id="o-1", lines=(line(KEBAP),))).then_nothing()


def test_restoring_keeps_to_the_end_of_a_basket() -> None:
    nearly = [line(f"meal-{n}", restaurant_id=MAHMUT) for n in range(MAX_LINES - 1)]
    outcome = given(*nearly).when(RestoreItems(order_id="o-1", lines=(line(KEBAP), line(AYRAN))))
    outcome.then(LinesRestored(order_id="o-1", lines=(line(KEBAP),)))

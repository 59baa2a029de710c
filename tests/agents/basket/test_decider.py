from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from agents.basket.decider import DECIDER, MAX_LINES
from agents.basket.facts import Facts
from agents.basket.limits import NOTE_BYTES
from tests.agents import scenario
from tests.agents.scenario import COMMAND_ID, ID, LATER, NOW
from topics.contracts.basket_commands import (
    AddItem,
    ChangeItem,
    Checkout,
    CheckoutItem,
    Clear,
    Command,
    Refusal,
    RemoveItem,
    RestoreItems,
)
from topics.contracts.basket_events import (
    CheckedOut,
    CheckoutRepeated,
    Cleared,
    CouponApplied,
    Line,
    LineRemoved,
    LineSet,
    LinesRestored,
    OrderedItem,
)
from topics.copies import MEALS, RESTAURANTS, MealCopy, RestaurantCopy
from topics.messages.ids import derive

KEBAP, AYRAN, SUSHI = "kebap", "ayran", "sushi"
MAHMUT, TOKYO = "mahmut", "tokyo"


def meal(name: str, price: int = 10_000, restaurant: str = MAHMUT, *, is_available: bool = True) -> MealCopy:
    return MealCopy(restaurant_id=restaurant, name=name, price=price, image_url="", is_available=is_available)


MENU = Facts(meals={KEBAP: meal("Adana", 24_550), AYRAN: meal("Ayran", 3_000), SUSHI: meal("Nigiri", 9_000, TOKYO)})
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
    ).answering(id=NEW_LINE, user_id=ID, meal_id=KEBAP, quantity=2, price=24_550, name="Adana", note="az acılı")


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
    dearer = Facts(meals={KEBAP: meal("Adana", 30_000)})
    given(line(KEBAP, 1)).when(ChangeItem(meal_id=KEBAP, quantity=2), facts=dearer).then(
        LineSet(line=line(KEBAP, 2, price=30_000))
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
                OrderedItem(meal_id=KEBAP, quantity=2, note="az acılı", price_was=24_550),
                OrderedItem(meal_id=AYRAN, quantity=1, price_was=3_000),
            ),
            cleared=lines,
            payment_method="cash",
            address_id="a-1",
            note="Zil bozuk",
            at=NOW,
        )
    )
    assert not outcome.state.lines


def test_items_that_a_client_sends_are_what_is_ordered_and_the_rest_of_the_basket_stays() -> None:
    asked = Checkout(payment_method="pos", items=(CheckoutItem(meal_id=AYRAN, quantity=3),), restaurant_id=TOKYO)
    outcome = given(line(KEBAP)).when(asked, facts=MENU)
    outcome.handed_on().then(
        CheckedOut(
            order_id=ORDER,
            restaurant_id=MAHMUT,
            items=(OrderedItem(meal_id=AYRAN, quantity=3),),
            cleared=(),
            payment_method="pos",
            at=NOW,
        )
    )
    assert list(outcome.state.lines) == [KEBAP]


def test_a_line_that_is_ordered_by_name_leaves_the_basket() -> None:
    asked = Checkout(payment_method="pos", items=(CheckoutItem(meal_id=AYRAN, quantity=3),))
    outcome = given(line(KEBAP), line(AYRAN)).when(asked, facts=MENU).handed_on()
    assert list(outcome.state.lines) == [KEBAP]


def test_an_empty_list_of_items_means_the_basket() -> None:
    given(line(KEBAP)).when(Checkout(payment_method="cash", items=()), facts=MENU).handed_on()


def test_there_is_nothing_to_check_out_in_an_empty_basket() -> None:
    given().when(Checkout(payment_method="cash"), facts=MENU).then_rejected("basket_empty")


def test_a_checkout_of_a_basket_that_has_just_been_emptied_is_answered_by_its_order() -> None:
    first = scenario.Given(DECIDER, given(line(KEBAP)).when(Checkout(payment_method="cash"), facts=MENU).state)
    again = Checkout(payment_method="cash")
    soon, later = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)
    first.when(again, facts=MENU, command_id="b", now=soon).handed_on().then(CheckoutRepeated(order_id=ORDER))
    first.when(again, facts=MENU, command_id="b", now=later).then_rejected("basket_empty")


def test_the_same_items_without_a_key_are_the_same_checkout_for_ten_seconds() -> None:
    items = (CheckoutItem(meal_id=AYRAN, quantity=3, note="soğuk"),)
    asked = Checkout(payment_method="cash", items=items)
    first = scenario.Given(DECIDER, given().when(asked, facts=MENU).state)
    soon, later = NOW + timedelta(seconds=9), NOW + timedelta(seconds=10)
    first.when(asked, facts=MENU, command_id="b", now=soon).then(CheckoutRepeated(order_id=ORDER))
    for other, now in (
        (asked, later),
        (replace(asked, keyed=True), soon),
        (replace(asked, items=(CheckoutItem(meal_id=AYRAN, quantity=4),)), soon),
    ):
        (event,) = first.when(other, facts=MENU, command_id="b", now=now).decision.events
        assert isinstance(event, CheckedOut), "a second order"


def test_a_refused_checkout_is_forgotten() -> None:
    asked = Checkout(payment_method="cash", items=(CheckoutItem(meal_id=AYRAN, quantity=3),))
    first = scenario.Given(DECIDER, given().when(asked, facts=MENU).state)
    refusal = Refusal(code="address_needed", detail="say where", field="address_id")
    back = first.when(RestoreItems(order_id=ORDER, lines=(), refusal=refusal), caller=None)
    back.then_rejected("address_needed", field="address_id", but=(LinesRestored(order_id=ORDER, lines=()),))
    (event,) = scenario.Given(DECIDER, back.state).when(asked, facts=MENU, command_id="b").decision.events
    assert isinstance(event, CheckedOut)


def test_a_checkout_that_came_to_nothing_later_is_forgotten_even_where_no_line_comes_back() -> None:
    asked = Checkout(payment_method="cash", items=(CheckoutItem(meal_id=AYRAN, quantity=3),))
    first = scenario.Given(DECIDER, given().when(asked, facts=MENU).state)
    back = first.when(RestoreItems(order_id=ORDER, lines=()), caller=None).then(LinesRestored(order_id=ORDER, lines=()))
    (event,) = scenario.Given(DECIDER, back.state).when(asked, facts=MENU, command_id="b").decision.events
    assert isinstance(event, CheckedOut)
    first.when(RestoreItems(order_id="an older one", lines=()), caller=None).then_nothing()


def test_the_lines_time_is_the_orders() -> None:
    evening = "2026-03-02T19:30"
    (event,) = (
        given(line(KEBAP, schedule_date=evening), line(AYRAN))
        .when(Checkout(payment_method="cash"), facts=MENU)
        .decision.events
    )
    assert event.schedule_date == evening


def test_lines_that_are_wanted_at_different_times_are_no_one_order() -> None:
    lines = (line(KEBAP, schedule_date="2026-03-02T19:30"), line(AYRAN, schedule_date="2026-03-02T20:30"))
    outcome = given(*lines).when(Checkout(payment_method="cash"), facts=MENU)
    outcome.then_rejected("schedule_conflict", field="schedule_date")
    asked = Checkout(payment_method="cash", schedule_date="2026-03-02T20:00")
    (event,) = given(*lines).when(asked, facts=MENU).decision.events
    assert event.schedule_date == "2026-03-02T20:00"


@pytest.mark.parametrize(
    "same", ["2026-03-02T19:30:00", "2026-03-02 19:30", "2026-03-02T19:30+09:00", "2026-03-02T10:30:00.000Z"]
)
def test_lines_that_are_wanted_at_one_time_are_one_order_however_it_is_written(same: str) -> None:
    tokyo = RestaurantCopy(name="Tokyo", is_open=True, delivery_fee=0, min_order_price=0, time_zone="Asia/Tokyo")
    facts = Facts({SUSHI: MENU.meals[SUSHI], AYRAN: meal("Ayran", 3_000, TOKYO)}, restaurants={TOKYO: tokyo})
    lines = line(SUSHI, schedule_date="2026-03-02T19:30"), line(AYRAN, schedule_date=same, restaurant_id=TOKYO)
    outcome = given(*lines).when(Checkout(payment_method="cash"), facts=facts)
    (event,) = outcome.decision.events
    assert event.schedule_date == "2026-03-02T19:30"
    assert (RESTAURANTS.name, TOKYO) in DECIDER.needs(Checkout(payment_method="cash"), given(*lines).state)


@pytest.mark.parametrize("other", ["2026-03-02", "2026-03-02T19:31", "2026-03-02T19:30Z", "9999-12-31"])
def test_a_day_and_a_time_on_it_are_different_times(other: str) -> None:
    lines = line(KEBAP, schedule_date="2026-03-02T19:30"), line(AYRAN, schedule_date=other)
    given(*lines).when(Checkout(payment_method="cash"), facts=MENU).then_rejected(
        "schedule_conflict", field="schedule_date"
    )


def test_a_meal_that_went_off_sale_stops_the_checkout_and_is_named() -> None:
    sold_out = Facts(meals={KEBAP: meal("Adana"), AYRAN: meal("Ayran", is_available=False)})
    outcome = given(line(KEBAP), line(AYRAN)).when(Checkout(payment_method="cash"), facts=sold_out)
    outcome.then_rejected("meal_unavailable", field="items")
    assert "Ayran" in outcome.decision.rejection.detail
    assert len(outcome.state.lines) == 2


def test_all_meals_that_are_gone_are_told_by_their_names() -> None:
    outcome = given(line(KEBAP), line(AYRAN)).when(Checkout(payment_method="cash"))
    outcome.then_rejected("meal_unavailable")
    gone = [{"meal_id": KEBAP, "name": "Adana"}, {"meal_id": AYRAN, "name": "Ayran"}]
    assert outcome.decision.rejection.more == {"items": gone}


def test_sent_items_of_different_restaurants_are_refused() -> None:
    mixed = (CheckoutItem(meal_id=KEBAP, quantity=1), CheckoutItem(meal_id=SUSHI, quantity=1))
    given().when(Checkout(payment_method="cash", items=mixed), facts=MENU).then_rejected("different_restaurant")


@pytest.mark.parametrize(("said", "used"), [(None, "YAZ10"), ("", "YAZ10"), ("KIS20", "KIS20")])
def test_the_checkouts_coupon_wins_over_the_baskets(said: str | None, used: str) -> None:
    events = (LineSet(line=line(KEBAP)), CouponApplied(code="YAZ10"))
    asked = Checkout(payment_method="cash", coupon_code=said)
    outcome = scenario.given(DECIDER, *events).when(asked, facts=MENU).handed_on()
    (event,) = outcome.decision.events
    assert event.coupon_code == used
    assert outcome.state.coupon == (None if used == "YAZ10" else "YAZ10")


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


# -- how long the notes are together

LONG = "ş" * 500  # 1,000 bytes


def test_notes_of_a_basket_are_bounded_together() -> None:
    full = [line(f"meal-{n}", restaurant_id=MAHMUT, note=LONG) for n in range(NOTE_BYTES // 1_000)]
    given(*full).when(AddItem(meal_id=KEBAP, quantity=1, note=LONG), facts=MENU).then_rejected(
        "notes_too_long", field="note"
    )
    given(*full).when(AddItem(meal_id=KEBAP, quantity=1), facts=MENU).answering(meal_id=KEBAP)


def test_notes_of_a_checkout_are_bounded_together() -> None:
    items = tuple(CheckoutItem(meal_id=KEBAP, quantity=1, note=LONG) for _ in range(NOTE_BYTES // 1_000 + 1))
    given().when(Checkout(payment_method="cash", items=items), facts=MENU).then_rejected("notes_too_long")


# -- facts that are asked for

SOON = "2026-03-02T19:30"
MEAL_ALONE, PLACE = [(MEALS.name, KEBAP)], (RESTAURANTS.name, MAHMUT)


def needed(command: Command, *lines: Line) -> list[tuple[str, str]]:
    return list(DECIDER.needs(command, given(*lines).state))


@pytest.mark.parametrize(
    ("command", "lines", "expected"),
    [
        (AddItem(meal_id=KEBAP, quantity=1, restaurant_id=MAHMUT), (), MEAL_ALONE),
        (AddItem(meal_id=KEBAP, quantity=1, schedule_date=SOON, restaurant_id=MAHMUT), (), [*MEAL_ALONE, PLACE]),
        (AddItem(meal_id=KEBAP, quantity=1, schedule_date=SOON), (), MEAL_ALONE),
        (AddItem(meal_id=KEBAP, quantity=1, schedule_date=SOON), (line(AYRAN),), [*MEAL_ALONE, PLACE]),
        (AddItem(meal_id=KEBAP, quantity=1, schedule_date=SOON, restaurant_id=TOKYO), (line(AYRAN),), [*MEAL_ALONE, PLACE]),
        (ChangeItem(meal_id=KEBAP, quantity=2), (line(KEBAP),), MEAL_ALONE),
        (ChangeItem(meal_id=KEBAP, schedule_date=SOON), (line(KEBAP),), [*MEAL_ALONE, PLACE]),
        (ChangeItem(meal_id=KEBAP, schedule_date=SOON), (), MEAL_ALONE),
        (Checkout(payment_method="cash"), (line(KEBAP, schedule_date=SOON),), MEAL_ALONE),
        (Checkout(payment_method="cash", items=(CheckoutItem(meal_id=KEBAP, quantity=1),)), (), MEAL_ALONE),
        (Checkout(payment_method="cash"), (line(KEBAP, schedule_date=SOON), line(AYRAN)),
         [*MEAL_ALONE, (MEALS.name, AYRAN), PLACE]),
    ],
)  # fmt: skip
def test_the_restaurant_is_looked_up_only_where_its_time_zone_decides(
    command: Command, lines: tuple[Line, ...], expected: list[tuple[str, str]]
) -> None:
    """Of the basket's restaurant; what the client says is a hint for an empty basket."""
    assert needed(command, *lines) == expected


@pytest.mark.parametrize(("restaurants", "refused"), [({}, False), ({MAHMUT: "Asia/Tokyo"}, True)])
def test_a_time_without_a_zone_is_meant_in_the_restaurants_and_in_istanbuls_where_it_is_not_known(
    restaurants: dict[str, str], refused: bool
) -> None:
    """Half an hour from now in Istanbul is hours ago in Tokyo."""
    soon = (NOW + timedelta(minutes=30)).astimezone(ZoneInfo("Europe/Istanbul")).strftime("%Y-%m-%dT%H:%M")
    known = {
        id: RestaurantCopy(name=id, is_open=True, delivery_fee=0, min_order_price=0, time_zone=zone)
        for id, zone in restaurants.items()
    }
    facts = Facts(MENU.meals, restaurants=known)
    for command, lines in (
        (AddItem(meal_id=KEBAP, quantity=1, schedule_date=soon, restaurant_id=MAHMUT), ()),
        (ChangeItem(meal_id=KEBAP, schedule_date=soon), (line(KEBAP),)),
    ):
        outcome = given(*lines).when(command, facts=facts)
        if refused:
            outcome.then_rejected("schedule_in_past", field="schedule_date")
        else:
            assert outcome.decision.rejection is None and outcome.state.lines[KEBAP].schedule_date == soon


def test_a_time_that_a_line_has_already_may_be_over() -> None:
    """Who changes the quantity sends the line as it is."""
    over = "2020-01-01T12:00"
    before = line(KEBAP, schedule_date=over)
    given(before).when(ChangeItem(meal_id=KEBAP, quantity=3, schedule_date=over), facts=MENU).then(
        LineSet(line=replace(before, quantity=3))
    )

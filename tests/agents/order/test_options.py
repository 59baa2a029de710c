"""Options of what is ordered: checked and priced by the order's own copy of the menu."""

from collections.abc import Mapping

from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.order.facts import Facts
from tests.agents.order.test_checks import placed, then_refused
from tests.agents.order.test_decider import facts, given, meal, place
from topics.contracts.basket_events import OrderedItem
from topics.contracts.order_events import PriceChange, PricedItem
from topics.copies import MealCopy
from topics.deciding.choosing import ChosenOption, MealOption, WishedOption

SPICE = MealOption(name="Acı", choices=("az", "çok"), prices={"çok": 250})
MUCH = WishedOption(name="Acı", choice="çok")


def with_options(*options: MealOption) -> Facts:
    known = facts()
    return replace_meals(known, {**known.meals, "kebap": replace(known.meals["kebap"], options=options)})


def replace_meals(known: Facts, meals: Mapping[str, MealCopy]) -> Facts:
    return Facts(meals=meals, restaurants=known.restaurants, books=known.books)


def wished(price_was: int | None = None) -> tuple[OrderedItem, ...]:
    return (OrderedItem(meal_id="kebap", quantity=2, options=(MUCH,), price_was=price_was),)


def test_an_order_has_the_options_and_what_they_cost() -> None:
    event = placed(given().when(place(items=wished()), facts=with_options(SPICE)))
    much = ChosenOption(name="Acı", choice="çok", price=250)
    assert event.items == (
        PricedItem(meal_id="kebap", name="Dish for 24550", quantity=2, price=24_800, total=49_600, options=(much,)),
    )
    assert event.subtotal == 49_600


def test_an_option_that_costs_more_now_is_a_change_of_the_price() -> None:
    event = placed(given().when(place(items=wished(24_650)), facts=with_options(SPICE)))
    assert event.changes == (PriceChange(meal_id="kebap", name="Dish for 24550", was=24_650, now=24_800),)


def test_an_option_that_is_gone_is_refused_with_the_meal() -> None:
    event = then_refused(given().when(place(items=wished()), facts=with_options()), "option_unavailable", field="items")
    assert event.more is not None
    assert [(each["meal_id"], each["name"]) for each in event.more["items"]] == [("kebap", "Dish for 24550")]


AMOUNTS = st.integers(0, 1_000_000)


@for_all(st.lists(st.tuples(AMOUNTS, AMOUNTS, st.booleans(), st.integers(1, 99)), min_size=1, max_size=10))
def test_an_order_with_options_adds_up(asked: list[tuple[int, int, bool, int]]) -> None:
    """asked: price of a meal, price of its option, whether it is taken, how many."""
    known, size = facts(), WishedOption(name="Büyük boy")
    meals = {
        f"m-{n}": replace(meal(price), options=(MealOption(name="Büyük boy", price=more),))
        for n, (price, more, _, _) in enumerate(asked)
    }
    items = tuple(
        OrderedItem(meal_id=f"m-{n}", quantity=quantity, options=(size,) if taken else ())
        for n, (_, _, taken, quantity) in enumerate(asked)
    )
    event = placed(given().when(place(items=items), facts=replace_meals(known, meals)))
    assert event.subtotal == sum((price + more * taken) * quantity for price, more, taken, quantity in asked)
    assert event.total == event.subtotal + event.delivery_fee

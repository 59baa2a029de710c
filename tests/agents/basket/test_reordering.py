"""What was ordered before comes into the basket again, at the prices of now."""

from agents.basket.decider import DECIDER
from agents.basket.facts import Facts
from agents.basket.limits import MAX_LINES
from tests.agents import scenario
from tests.agents.basket.test_decider import AYRAN, KEBAP, MAHMUT, MENU, SUSHI, given, line
from tests.agents.scenario import COMMAND_ID, ID
from topics.contracts.basket_commands import OrderedBefore, Reorder
from topics.contracts.basket_events import LineSet
from topics.messages.ids import derive


def again(*items: tuple[str, int]) -> Reorder:
    return Reorder(items=tuple(OrderedBefore(meal_id=meal, quantity=n, name=f"was {meal}") for meal, n in items))


def new(meal: str, quantity: int) -> LineSet:
    return LineSet(line=line(meal, quantity, id=derive(COMMAND_ID, f"line {meal}")))


def test_the_meals_come_in_at_the_prices_of_now() -> None:
    outcome = given().when(again((KEBAP, 2), (AYRAN, 3)), facts=MENU)
    outcome.then(new(KEBAP, 2), new(AYRAN, 3))
    assert [(item.meal_id, item.user_id, item.price) for item in outcome.decision.answer.items] == [
        (KEBAP, ID, 24_550), (AYRAN, ID, 3_000),
    ]  # fmt: skip


def test_meals_that_are_gone_are_told_by_the_names_that_they_had() -> None:
    outcome = given().when(again((KEBAP, 2), ("gone", 1)), facts=MENU).then(new(KEBAP, 2))
    outcome.answering(unavailable=[{"meal_id": "gone", "name": "was gone"}])
    given().when(again(("gone", 1)), facts=Facts()).then_rejected("meal_unavailable")


def test_lines_of_the_same_meals_are_set_anew_and_others_stay() -> None:
    outcome = given(line(KEBAP, 9), line(AYRAN)).when(again((KEBAP, 2)), facts=MENU)
    outcome.then(LineSet(line=line(KEBAP, 2)))
    assert outcome.state.lines[AYRAN].quantity == 1
    scenario.Given(DECIDER, outcome.state).when(again((KEBAP, 2)), facts=MENU).then_nothing()


def test_a_basket_of_another_restaurant_stays_as_it_is() -> None:
    given(line(SUSHI)).when(again((KEBAP, 2)), facts=MENU).then_rejected("different_restaurant")


def test_a_basket_has_its_end_here_too() -> None:
    others = [line(f"meal-{n}", restaurant_id=MAHMUT) for n in range(MAX_LINES)]
    given(*others[1:]).when(again((KEBAP, 2)), facts=MENU).then(new(KEBAP, 2))
    given(*others).when(again((KEBAP, 2)), facts=MENU).then_rejected("basket_full")

"""Options of a meal: what may be chosen, and what it costs."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topics.deciding.choosing import (
    MOST_CHOICES,
    ChosenOption,
    MealOption,
    WishedOption,
    Wishes,
    chosen,
    contradiction,
    extra,
)
from topics.deciding.decision import Rejection

HOT = MealOption(name="Acı", choices=("az", "çok"), min=1)
BESIDE = MealOption(
    name="Yanında", price=1_500, choices=("biber", "lavaş", "cacık"), prices={"lavaş": 0, "cacık": 4_250}, max=2
)
LARGE = MealOption(name="Büyük boy", price=4_500)
MENU = (HOT, BESIDE, LARGE)


def wish(*said: str) -> tuple[WishedOption, ...]:
    """said: `option` or `option/choice`."""
    return tuple(WishedOption(name=name, choice=choice) for name, _, choice in (each.partition("/") for each in said))


def test_choices_have_their_own_price_or_that_of_the_option() -> None:
    found = chosen(MENU, wish("Yanında/cacık", "Büyük boy", "Acı/az", "Yanında/biber"))
    assert found == (
        ChosenOption(name="Acı", choice="az", price=0),
        ChosenOption(name="Yanında", choice="biber", price=1_500),
        ChosenOption(name="Yanında", choice="cacık", price=4_250),
        ChosenOption(name="Büyük boy", choice="Büyük boy", price=4_500),
    )
    assert extra(found) == 10_250


def test_an_option_without_choices_may_be_named_twice_over() -> None:
    assert chosen((LARGE,), wish("Büyük boy/Büyük boy")) == chosen((LARGE,), wish("Büyük boy"))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (("Acı/az", "Sos"), "options[1].name"),
        (("Acı/orta",), "options[0].choice"),
        (("Acı",), "options[0].choice"),
        (("Acı/az", "Acı/az"), "options[1]"),
        (("Acı/az", "Acı/çok"), "options"),
        ((), "options"),
        (("Acı/az", "Yanında/biber", "Yanında/lavaş", "Yanında/cacık"), "options"),
        (("Acı/az", "Büyük boy/küçük"), "options[1].choice"),
    ],
)
def test_what_the_menu_does_not_offer_so_is_refused(said: tuple[str, ...], field: str) -> None:
    refused = chosen(MENU, wish(*said))
    assert isinstance(refused, Rejection) and (refused.code, refused.field) == ("invalid_input", field)


def test_a_meal_without_options_takes_none() -> None:
    assert chosen((), ()) == ()
    assert isinstance(chosen((), wish("Acı/az"), "items[2].options"), Rejection)


def test_a_meal_for_which_more_must_be_chosen_than_can_be_is_not_offered() -> None:
    both = [MealOption(name=str(number), choices=("x", "y"), min=2, max=2) for number in range(MOST_CHOICES // 2 + 1)]
    refused = contradiction(both)
    assert refused is not None and (refused.code, refused.field) == ("invalid_input", "options")
    assert contradiction(both[1:]) is None
    every = [WishedOption(name=option.name, choice=choice) for option in both[1:] for choice in option.choices]
    wish = msgspec.convert(msgspec.to_builtins(every), Wishes)
    assert not isinstance(chosen(both[1:], wish), Rejection)


OPTION = st.builds(
    MealOption,
    name=st.sampled_from(["a", "b", "c"]),
    price=st.sampled_from([0, 1, 110, 2_999]),
    choices=st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    min=st.integers(0, 3),
    max=st.integers(1, 4),
)


@given(st.lists(OPTION, max_size=3, unique_by=lambda option: option.name), st.data())
def test_what_can_be_offered_can_be_chosen(options: list[MealOption], data: Any) -> None:
    if contradiction(options) is not None:
        return
    wished = list[WishedOption]()
    for option in options:
        offered = st.sampled_from(option.choices or (option.name,))
        least = st.lists(offered, min_size=option.min, max_size=option.max, unique=True)
        wished += [WishedOption(name=option.name, choice=choice) for choice in data.draw(least)]
    shuffled = data.draw(st.permutations(wished))
    found = chosen(options, shuffled)
    assert not isinstance(found, Rejection), found
    assert {(each.name, each.choice) for each in found} == {(each.name, each.choice) for each in wished}
    assert found == chosen(options, wished), "the order of the wishes is not part of them"
    assert extra(found) == sum(each.price for each in found)

"""The demo data is what its commands say it is, before anything is sent."""

import pytest

from infra.demo import Wish, command_headers, meals, restaurants
from infra.demo_menus import MENUS, OWNER
from topics import headers

WISHES = [*restaurants(), *meals()]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{wish.view}-{wish.command.name}")
def test_every_command_is_one_that_its_topic_takes(wish: Wish) -> None:
    assert wish.topic.decode(type(wish.command).__name__, wish.topic.encode(wish.command)) == wish.command


def test_there_are_three_restaurants_with_six_meals_or_more() -> None:
    assert len(MENUS) == 3
    assert all(len(menu.meals) >= 6 for menu in MENUS)


def test_meals_are_on_the_menu_of_their_own_restaurant() -> None:
    assert all(meal.restaurant_id == menu.restaurant_id for menu in MENUS for meal in menu.meals.values())


def test_ids_are_different_and_always_the_same() -> None:
    ids = [wish.id for wish in WISHES]
    assert len(set(ids)) == len(ids)
    assert ids == [wish.id for wish in (*restaurants(), *meals())]


def test_a_next_try_is_another_command_of_the_same_owner() -> None:
    wish = restaurants()[0]
    first = command_headers(wish)
    wish.tries += 1
    second = command_headers(wish)
    assert first[headers.ID] != second[headers.ID]
    assert first[headers.CALLER] == second[headers.CALLER] == OWNER

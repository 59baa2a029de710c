"""A user who is erased: nothing is known of them, and nothing that comes late is taken in."""

from datetime import date
from typing import Any

import pytest

from agents.user.decider import DECIDER
from agents.user.person import Person
from agents.user.policy import erase
from agents.user.projection import FAVOURITES, PREFERENCES, USER
from tests.agents import scenario
from tests.agents.scenario import ID, NOW, shelf
from tests.agents.user.test_user import COMPLETED, EMAIL, PENDING
from topics.contracts import user_commands
from topics.contracts.user_commands import (
    ChangePreferences,
    ChangeProfile,
    CompleteProfile,
    CreatePending,
    EraseUser,
    FavourCuisine,
    FavourRestaurant,
)
from topics.contracts.user_erased import UserErased
from topics.contracts.user_events import (
    CuisineFavoured,
    PersonErased,
    Preferences,
    PreferencesChanged,
    RestaurantFavoured,
)
from topics.deciding.decision import Origin, Send
from topics.messages.message import Message

FAVOURED = RestaurantFavoured(restaurant_id="r-1", at=NOW, wants_campaigns=True)
CUISINE = CuisineFavoured(cuisine="Ege", at=NOW)
PREFERS = PreferencesChanged(preferences=Preferences(campaigns=False), favoured=("r-1",))
ERASED = PersonErased(favoured=("r-1",))
LATE: tuple[Message, ...] = (
    CreatePending(email=EMAIL),
    CompleteProfile(full_name="Ayşe", born_date=date(1991, 5, 23), gender="female", phone="+90 555 111 22 33"),
    ChangeProfile(full_name="Ayşe"),
    FavourRestaurant(restaurant_id="r-1"),
    FavourCuisine(cuisine="Ege"),
    ChangePreferences(campaigns=True),
)


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def test_nothing_is_left_and_restaurants_are_told() -> None:
    outcome = given(PENDING, COMPLETED, FAVOURED, CUISINE, PREFERS).when(EraseUser(), caller=None).then(ERASED)
    assert outcome.state == Person(erased=True)


def test_erasing_twice_changes_nothing() -> None:
    given(PENDING, ERASED).when(EraseUser(), caller=None).then_nothing()


def test_who_is_not_known_yet_is_erased_all_the_same() -> None:
    given().when(EraseUser(), caller=None).then(PersonErased(favoured=()))


@pytest.mark.parametrize("command", LATE, ids=lambda command: type(command).__name__)
def test_what_comes_late_is_not_taken_in(command: Message) -> None:
    given(PENDING, COMPLETED, FAVOURED, ERASED).when(command).then_rejected("not_found")


@pytest.mark.parametrize("view", [USER, FAVOURITES, PREFERENCES])
def test_no_view_shows_them(view: Any) -> None:
    left = shelf(view, PENDING, COMPLETED, FAVOURED, CUISINE, PREFERS, ERASED)
    assert (left.document, left.keys) == (None, {})


def test_an_erased_account_erases_its_user() -> None:
    origin = Origin(id="m-1", source="lezzet/auth", at=NOW, key="a key not to be trusted")
    assert list(erase(UserErased(user_id=ID, erased_at=NOW), origin)) == [Send(user_commands.TOPIC, ID, EraseUser())]

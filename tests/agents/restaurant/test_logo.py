"""The logo of a restaurant, and how its owner's clients send it back."""

import pytest
from msgspec.structs import replace

from tests.agents.restaurant.test_restaurant import DETAILS, OPENED, OWNER, given
from tests.agents.scenario import LATER
from topics.contracts.restaurant_commands import ChangeRestaurant, SetLogo
from topics.contracts.restaurant_events import RestaurantChanged

WITH_LOGO = RestaurantChanged(details=replace(DETAILS, logo="/photos/p-1"), changed_at=LATER)


def test_the_restaurant_shows_the_photo_by_its_path() -> None:
    given(OPENED).when(SetLogo(photo_id="p-1"), caller=None, now=LATER).then(WITH_LOGO)
    given(OPENED, WITH_LOGO).when(SetLogo(photo_id="p-1"), caller=None).then_nothing()
    given().when(SetLogo(photo_id="p-1"), caller=None).then_nothing()


def test_an_owner_who_sends_it_back_as_it_was_given_changes_nothing() -> None:
    back = ChangeRestaurant(logo="http://localhost:8080/photos/p-1")
    given(OPENED, WITH_LOGO).when(back, caller=OWNER).then_nothing()


@pytest.mark.parametrize("said", ["", "https://cdn.example/a.png"])
def test_an_owner_may_take_it_off_or_name_another_image(said: str) -> None:
    changed = RestaurantChanged(details=replace(DETAILS, logo=said), changed_at=LATER)
    given(OPENED, WITH_LOGO).when(ChangeRestaurant(logo=said), caller=OWNER, now=LATER).then(changed)

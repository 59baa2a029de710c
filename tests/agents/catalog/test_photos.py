"""The photo of a meal, as its owner's clients send it back."""

import pytest

from tests.agents.catalog.test_catalog import ADDED, MAHMUT, OURS, OWNER, given, with_
from topics.contracts.catalog_commands import ChangeMeal, ShowPhoto
from topics.contracts.catalog_events import MealChanged

SHOW = ShowPhoto(owner_id=OWNER, photo_id="p-1", image_url="/photos/p-1")
WITH_PHOTO = MealChanged(restaurant_id=MAHMUT, details=with_(photo_id="p-1", image_url="/photos/p-1"))


def test_the_meal_shows_the_photo_by_its_path() -> None:
    given(ADDED).when(SHOW, facts=OURS, caller=None).then(WITH_PHOTO)
    given(ADDED, WITH_PHOTO).when(SHOW, facts=OURS, caller=None).then_nothing()


@pytest.mark.parametrize(
    "said", ["http://localhost:8080/photos/p-1", "https://api.lezzet.example/photos/p-1?size=full"]
)
def test_an_owner_who_sends_the_meal_back_as_it_was_given_changes_nothing(said: str) -> None:
    given(ADDED, WITH_PHOTO).when(ChangeMeal(image_url=said), facts=OURS, caller=OWNER).then_nothing()


@pytest.mark.parametrize("said", ["", "https://cdn.example/a.jpg", "https://lezzet.example/photos/p-2"])
def test_an_owner_may_take_the_photo_off_or_name_another_image(said: str) -> None:
    changed = MealChanged(restaurant_id=MAHMUT, details=with_(photo_id=None, image_url=said))
    given(ADDED, WITH_PHOTO).when(ChangeMeal(image_url=said), facts=OURS, caller=OWNER).then(changed)

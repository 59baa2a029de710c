"""A photo that was accepted becomes the image of its meal."""

import pytest
from msgspec.structs import replace

from agents.catalog.policy import set_photo
from tests.agents.catalog.test_catalog import ADDED, DETAILS, MAHMUT, OURS, OWNER, REMOVED, given
from tests.agents.scenario import ID, NOW
from topics.contracts import catalog_commands
from topics.contracts.catalog_commands import ChangeMeal, SetPhoto
from topics.contracts.catalog_events import MealChanged
from topics.contracts.photo_events import PhotoShown
from topics.deciding.decision import Origin, Send

WITH_PHOTO = MealChanged(restaurant_id=MAHMUT, details=replace(DETAILS, image_url="/photos/p-1"))
SHOWN = PhotoShown(photo_id="p-1", subject="meal", subject_id=ID, added_at=NOW)


def test_the_meal_shows_the_photo_by_its_path() -> None:
    given(ADDED).when(SetPhoto(photo_id="p-1"), caller=None).then(WITH_PHOTO)
    given(ADDED, WITH_PHOTO).when(SetPhoto(photo_id="p-1"), caller=None).then_nothing()
    given().when(SetPhoto(photo_id="p-1"), caller=None).then_nothing()
    given(ADDED, REMOVED).when(SetPhoto(photo_id="p-1"), caller=None).then_nothing()


@pytest.mark.parametrize(
    "said", ["http://localhost:8080/photos/p-1", "https://api.lezzet.example/photos/p-1?size=full"]
)
def test_an_owner_who_sends_the_meal_back_as_it_was_given_changes_nothing(said: str) -> None:
    given(ADDED, WITH_PHOTO).when(ChangeMeal(image_url=said), facts=OURS, caller=OWNER).then_nothing()


@pytest.mark.parametrize("said", ["", "https://cdn.example/a.jpg", "https://lezzet.example/photos/p-2"])
def test_an_owner_may_take_the_photo_off_or_name_another_image(said: str) -> None:
    changed = replace(WITH_PHOTO, details=replace(DETAILS, image_url=said))
    given(ADDED, WITH_PHOTO).when(ChangeMeal(image_url=said), facts=OURS, caller=OWNER).then(changed)


def test_photos_of_restaurants_are_none_of_the_catalogs_business() -> None:
    origin = Origin("id", "photo", NOW, f"meal:{ID}")
    assert list(set_photo(SHOWN, origin)) == [Send(catalog_commands.TOPIC, ID, SetPhoto(photo_id="p-1"))]
    assert list(set_photo(replace(SHOWN, subject="restaurant"), origin)) == []

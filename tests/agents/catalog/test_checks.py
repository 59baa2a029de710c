"""What a meal on a menu must be like: options that can be chosen, diets that fit the allergens; and its photo."""

from typing import Any

import msgspec
import pytest

from agents.catalog.decider import DECIDER
from agents.catalog.facts import Facts, Ownership
from tests.agents import scenario
from tests.agents.scenario import NOW
from topics.contracts.catalog_commands import AddMeal, ChangeMeal, ShowPhoto
from topics.contracts.catalog_events import MealAdded, MealChanged, MealDetails
from topics.deciding.choosing import MealOption

OWNER, MAHMUT = "owner-1", "mahmut"
OURS = Facts(restaurants={MAHMUT: Ownership(owner_id=OWNER)})
DETAILS = MealDetails(name="Adana", price=24_550)
PHOTO = "https://lezzet.example.com/photos/p-1"


def given(*events: Any) -> scenario.Given:
    return scenario.given(DECIDER, *events)


def with_(**said: Any) -> MealDetails:
    return msgspec.structs.replace(DETAILS, **said)


def added(**said: Any) -> MealAdded:
    return MealAdded(restaurant_id=MAHMUT, details=with_(**said), added_at=NOW)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"options": (MealOption(name="Acı"), MealOption(name="Acı"))}, "options[0].name"),
    ({"options": (MealOption(name="Acı", choices=("az", "az")),)}, "options[0].choices[1]"),
    ({"options": (MealOption(name="Acı", choices=("",)),)}, "options[0].choices[0]"),
    ({"options": (MealOption(name="Acı", choices=("az",), prices={"çok": 100}),)}, "options[0].prices"),
    ({"options": (MealOption(name="Acı", choices=("az",), max=2),)}, "options[0].max"),
    ({"options": (MealOption(name="Acı", choices=("az", "çok"), min=2),)}, "options[0].min"),
    ({"allergens": ("milk",), "diets": ("vegan",)}, "diets[0]"),
    ({"allergens": ("gluten", "fish"), "diets": ("halal", "vegetarian")}, "diets[1]"),
    ({"allergens": ("gluten",), "diets": ("gluten_free",)}, "diets[0]"),
]


@pytest.mark.parametrize(("said", "field"), WRONG, ids=[field for _, field in WRONG])
def test_what_contradicts_itself_is_refused(said: dict[str, Any], field: str) -> None:
    add = AddMeal(restaurant_id=MAHMUT, name="Adana", price=1, **said)
    given().when(add, facts=OURS, caller=OWNER).then_rejected("invalid_input", field=field)
    change = ChangeMeal(**said)
    given(added()).when(change, facts=OURS, caller=OWNER).then_rejected("invalid_input", field=field)


@pytest.mark.parametrize(("said", "field"), WRONG, ids=[field for _, field in WRONG])
def test_what_is_so_already_is_in_nobodys_way(said: dict[str, Any], field: str) -> None:
    outcome = given(added(**said)).when(ChangeMeal(price=1, **said), facts=OURS, caller=OWNER)
    outcome.then(MealChanged(restaurant_id=MAHMUT, details=with_(price=1, **said)))


def test_a_diet_is_checked_against_allergens_of_before() -> None:
    given(added(allergens=("milk",))).when(ChangeMeal(diets=("vegan",)), facts=OURS, caller=OWNER).then_rejected(
        "invalid_input", field="diets[0]"
    )
    fine = ChangeMeal(diets=("vegan",), allergens=())
    assert given(added(allergens=("milk",))).when(fine, facts=OURS, caller=OWNER).decision.events


def test_each_allergen_is_kept_once() -> None:
    change = ChangeMeal(allergens=("milk", "nuts", "milk"))
    given(added()).when(change, facts=OURS, caller=OWNER).then(
        MealChanged(restaurant_id=MAHMUT, details=with_(allergens=("milk", "nuts")))
    )


# -- its photo


def test_a_photo_is_shown_until_another_image_is_named() -> None:
    show = ShowPhoto(owner_id=OWNER, photo_id="p-1", image_url=PHOTO)
    there = given(added()).when(show, facts=OURS, caller=None)
    there.then(MealChanged(restaurant_id=MAHMUT, details=with_(photo_id="p-1", image_url=PHOTO)))
    known = scenario.Given(DECIDER, there.state)
    known.when(show, facts=OURS, caller=None).then_nothing()
    known.when(ChangeMeal(image_url=PHOTO), facts=OURS, caller=OWNER).then_nothing()
    other = known.when(ChangeMeal(image_url="https://a.example.com/b"), facts=OURS, caller=OWNER)
    other.then(MealChanged(restaurant_id=MAHMUT, details=with_(image_url="https://a.example.com/b")))
    gone = known.when(ShowPhoto(owner_id=OWNER, photo_id=None), facts=OURS, caller=None)
    gone.then(MealChanged(restaurant_id=MAHMUT, details=DETAILS))

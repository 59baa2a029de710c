"""What a meal on a menu must be like, beyond the types of its fields."""

import msgspec

from agents.catalog.limits import MEAL_BYTES
from topics.contracts.catalog_events import MealDetails
from topics.deciding.choosing import contradiction
from topics.deciding.decision import Rejection

_FROM_ANIMALS = ("crustaceans", "eggs", "fish", "milk", "molluscs")
EXCLUDED = {
    "vegan": _FROM_ANIMALS,
    "vegetarian": ("crustaceans", "fish", "molluscs"),
    "gluten_free": ("gluten",),
}
"""Diet → allergens that no meal for it may have. lactose_free is none of these: milk without lactose is an allergen still."""


def refusal(details: MealDetails, before: MealDetails | None = None) -> Rejection | None:
    """Why a meal cannot be on a menu so; None where it can. before: as it is. What does not change is not checked again: it
    may be from before the check."""
    refused = None
    if before is None or details.options != before.options:
        refused = contradiction(details.options)
    if before is None or (details.diets, details.allergens) != (before.diets, before.allergens):
        refused = refused or _for_nobody(details)
    return refused or _too_large(details)


def _for_nobody(details: MealDetails) -> Rejection | None:
    for place, diet in enumerate(details.diets):
        if has := [each for each in EXCLUDED.get(diet, ()) if each in details.allergens]:
            return Rejection("invalid_input", f"a meal with {', '.join(has)} is not {diet}", f"diets[{place}]")
    return None


def _too_large(details: MealDetails) -> Rejection | None:
    size = len(msgspec.json.encode(details))
    if size <= MEAL_BYTES:
        return None
    return Rejection(
        "meal_too_large", f"a meal with its options has at most {MEAL_BYTES:,} bytes, this one has {size:,}"
    )
